/** A file that cannot be read, with words for whoever sent it. */
export class FileFault extends Error {
  name = 'FileFault'
}
