/** The installer of app/messaging does this; the name stays, for databases have recorded it. */
export { NothingToDo as default } from '#database/nothing_to_do'
