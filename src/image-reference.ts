const IMAGE = /^[a-zA-Z0-9]+(?:[._:/-]+[a-zA-Z0-9]+)*(?:@sha256:[0-9a-f]{64})?$/;
/** Docker's own limit for a name is 255. */
const MAX_LENGTH = 400;

/** Whether it can be an image's name, with a tag or a digest, and nothing else on a command line or in a Dockerfile. */
export function isImageReference(text: string): boolean {
  return IMAGE.test(text) && text.length <= MAX_LENGTH;
}
