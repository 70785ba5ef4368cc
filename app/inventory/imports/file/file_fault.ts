/** The file is unreadable. The message tells the user why. */
export class FileFault extends Error {
  name = 'FileFault'
}
