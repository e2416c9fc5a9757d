/** The URLs of submodules that port fetches: https and ssh, from hosts that an admin has allowed. */

/** `host`: with the port, unless it is the default. */
export interface SubmoduleUrl {
  url: string;
  host: string;
}

const HOST = '[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?';
const PATH = '[\\w~][\\w.~+/-]*';
const HTTPS = new RegExp(`^https://(${HOST})(?::(\\d{1,5}))?/${PATH}$`, 'i');
const SSH = new RegExp(`^ssh://(?:\\w[\\w.-]*@)?(${HOST})(?::(\\d{1,5}))?/${PATH}$`, 'i');
/** As scp has it; it names no port. */
const SCP = new RegExp(`^(?:\\w[\\w.-]*@)?(${HOST}):/?${PATH}$`, 'i');
const MAX_LENGTH = 1024;

/** undefined: no URL that port would fetch. It has no password in it, no option, and nothing that a shell would read. */
export function parseSubmoduleUrl(url: string): SubmoduleUrl | undefined {
  if (url.length > MAX_LENGTH || url.split(/[/:]/).includes('..')) return undefined;
  const [, host, port] = HTTPS.exec(url) ?? SSH.exec(url) ?? (url.includes('://') ? null : SCP.exec(url)) ?? [];
  if (host === undefined) return undefined;
  const isDefault = port === undefined || Number(port) === (url.toLowerCase().startsWith('https:') ? 443 : 22);
  return { url, host: host.toLowerCase() + (isDefault ? '' : `:${Number(port)}`) };
}

/** A host as doskara.submoduleHost has it: with a port where that is not the default. */
export function isSubmoduleHost(text: string): boolean {
  return new RegExp(`^${HOST}(?::\\d{1,5})?$`).test(text);
}

export const isRelative = (url: string) => /^\.\.?\//.test(url);

/**
 * A URL that begins with `./` or `../`, resolved against that of the repository with the submodule, as git does it
 * (https://git-scm.com/docs/git-submodule#Documentation/git-submodule.txt-add). Empty if it leads above the host.
 */
export function resolveSubmoduleUrl(url: string, base: string): string {
  const [steps = ''] = /^(?:\.\.?\/+)*/.exec(url) ?? [];
  let folder = base.replace(/\/+$/, '');
  for (const step of steps.split(/\/+/)) if (step === '..') folder = parentOf(folder);
  if (folder === '') return '';
  return `${folder}${folder.endsWith(':') ? '' : '/'}${url.slice(steps.length)}`;
}

/** Empty if there is none: `https://host` and `host:` are the highest. */
function parentOf(url: string): string {
  const slash = url.lastIndexOf('/');
  if (url.endsWith(':') || url[slash - 1] === '/') return '';
  return slash < 0 ? url.slice(0, url.indexOf(':') + 1) : url.slice(0, slash);
}
