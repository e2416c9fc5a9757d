/** The failure of a step, with the output before it. */
export class StepFailed extends Error {
  readonly output: string;

  constructor(message: string, output = '') {
    super(message);
    this.output = output;
  }
}

/** This machine cannot run another one, which is not the other one's fault. */
export class CannotBoot extends StepFailed {}
