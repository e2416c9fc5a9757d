/** What went wrong in a step, and what was said before. */
export class StepFailed extends Error {
  readonly output: string;

  constructor(message: string, output = '') {
    super(message);
    this.output = output;
  }
}

/** This machine is not able to run another: nothing that the other could be blamed for. */
export class CannotBoot extends StepFailed {}
