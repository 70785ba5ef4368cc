/** The file is unreadable. The message tells the user why. */
export class UnreadableFile extends Error {
  name = 'UnreadableFile'
}
