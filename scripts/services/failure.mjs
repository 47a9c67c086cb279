/** What goes wrong with services in a way that a person can mend: one line, with the command that mends it. */
export class ServiceFailure extends Error {
  /** 69 where something that the machine must have is missing; 1 otherwise. */
  exitCode;

  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'ServiceFailure';
    this.exitCode = exitCode;
  }
}
