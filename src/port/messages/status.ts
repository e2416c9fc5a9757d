/** How port words what is live, and how it became so. */

/** `number`: of the build that made the image; null if its record is no longer kept. */
export const rollbackTo = (number: number | null) => (number === null ? 'rollback' : `rollback to build ${number}`);
