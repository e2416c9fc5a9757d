import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from './clone.ts';
import { BASE_IMAGE } from './engine.ts';

/** Made on the spot, with ONBUILD. */
export const ONBUILD_IMAGE = 'doskara-test:onbuild';

/** A repository, and how plain docker builds it. */
export interface DockerfileCase {
  files: Files;
  settings?: [key: string, value: string][];
  options?: string[];
  /** Adds what is no plain file. */
  prepare?: (folder: string) => void;
  modern?: true;
}

/** `isModern`: whether docker is newer than 20.10. */
export const dockerfileCases = (isModern: boolean): Record<string, DockerfileCase> => ({
  heredocs: {
    modern: true,
    files: {
      Dockerfile: `FROM ${BASE_IMAGE}\nRUN <<EOF\necho one >/one\necho two >/two\nEOF\nCOPY <<"EOF" /three\n$HOME\nEOF\n`,
    },
  },
  stages: {
    files: {
      Dockerfile: `ARG BASE=nothing:here
FROM $BASE AS build
ARG GREETING=none
RUN echo "$GREETING" >/greeting
FROM $BASE AS release
COPY --from=build /greeting /g
USER 1000:1000
ENTRYPOINT ["cat"]
CMD ["/g"]
FROM release AS later
RUN exit 9
`,
    },
    settings: [
      ['target', 'release'],
      ['buildArg', `BASE=${BASE_IMAGE}`],
      ['buildArg', 'GREETING=hello "you", $(x) = é'],
    ],
    options: ['--target=release', `--build-arg=BASE=${BASE_IMAGE}`, '--build-arg=GREETING=hello "you", $(x) = é'],
  },
  mounts: {
    files: {
      'a b': 'text\n',
      Dockerfile: `FROM ${BASE_IMAGE}
RUN --mount=type=bind,target=/src --mount=type=tmpfs,target=/t cat "/src/a b" >/copied; touch /t/x
RUN --mount=type=cache,target=/cache,id=shared touch /cache/x; ls /cache >/cached
RUN --mount=type=secret,id=none ls /run/secrets >/secrets 2>&1; true
`,
    },
  },
  ignored: {
    files: {
      '.dockerignore': '*\n!src\nsrc/*.tmp\n!src/keep.tmp\n# Dockerfile stays out\n',
      Dockerfile: `FROM ${BASE_IMAGE}\nCOPY . /app\n`,
      'src/a.tmp': '',
      'src/keep.tmp': '',
      'src/b': '',
      'other/c': '',
    },
  },
  elsewhere: {
    files: {
      '.dockerignore': 'a\n',
      'deploy/api.Dockerfile': `FROM ${BASE_IMAGE}\nCOPY . /app\n`,
      'deploy/api.Dockerfile.dockerignore': 'b\n',
      a: '',
      b: '',
    },
    settings: [['dockerfile', 'deploy/api.Dockerfile']],
    options: ['--file=deploy/api.Dockerfile'],
  },
  windows: {
    files: {
      Dockerfile:
        `# escape=\`\r\nFROM ${BASE_IMAGE}\r\nRUN echo one \`\r\n  && echo two >/two\r\nCOPY Dockerfile ` +
        '`\r\n  /copied\r\n',
    },
  },
  lowercase: {
    files: {
      '.dockerignore': 'ignored\n',
      dockerfile: `FROM ${BASE_IMAGE}\nCOPY . /app\n`,
      ignored: '',
    },
  },
  onbuild: { files: { Dockerfile: `FROM ${ONBUILD_IMAGE}\nRUN cat /copied/c >/seen\n`, 'a/b': 'c' } },
  links: {
    files: {
      'docker/file': `FROM ${BASE_IMAGE}\nCOPY . /app\nCOPY to-folder/b /b\n`,
      'folder/b': 'b',
      'docker/ignore': 'x\n',
      x: '',
    },
    prepare(folder) {
      symlinkSync('docker/file', join(folder, 'Dockerfile'));
      symlinkSync('docker/ignore', join(folder, '.dockerignore'));
      symlinkSync('/etc/passwd', join(folder, 'absolute'));
      symlinkSync('../../../../etc/passwd', join(folder, 'outside'));
      symlinkSync('gone', join(folder, 'dangling'));
      symlinkSync('folder', join(folder, 'to-folder'));
    },
  },
  modes: {
    files: {
      Dockerfile: `FROM ${BASE_IMAGE}
WORKDIR /app
COPY --chown=7:8 . .
ADD archive.tar.gz /unpacked/
${isModern ? 'COPY --link --chmod=640 plain /linked\n' : ''}`,
      plain: 'x',
      'run me': 'x',
      'é/ü': 'x',
      'deep/er/still': '',
    },
    prepare(folder) {
      chmodSync(join(folder, 'run me'), 0o755);
      execFileSync('tar', ['-C', '/bin', '-czf', join(folder, 'archive.tar.gz'), 'true']);
    },
  },
  configured: {
    files: {
      Dockerfile: `FROM ${BASE_IMAGE}
ENV A=b C="d e"
EXPOSE 80 81/udp
VOLUME /data
WORKDIR /x/y
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s CMD true
SHELL ["/bin/sh", "-ec"]
CMD echo $A
`,
    },
  },
  scratch: { files: { Dockerfile: 'FROM scratch\nCOPY static /\nENTRYPOINT ["/static"]\n', static: 'x' } },
});
