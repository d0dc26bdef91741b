// How a task ends early: what a processor throws.

/** The input is none of this processor's business: no rows, and no failure. */
export class Skip extends Error {
  name = "Skip";
}

/**
 * The task has failed, and this is all of the message. Whatever else is thrown fails the task, too; the name of the error
 * is then in the message, and its stack in the log.
 */
export class Failure extends Error {
  name = "Failure";
}

/** What is on record of something that was thrown. */
export function messageOf(thrown) {
  return thrown instanceof Failure ? thrown.message : String(thrown);
}

/** Where it comes from, unless it was meant to be thrown. */
export function stackOf(thrown) {
  const isMeant = thrown instanceof Failure || thrown instanceof Skip;
  return !isMeant && thrown instanceof Error && thrown.stack ? `${thrown}\n${thrown.stack}`.trimEnd() : undefined;
}
