import type { Files } from '../rig/clone.ts';
import { type Gateway, openMaven, openProxy, openRegistry } from './gateway.ts';
import { lockFile } from './npm-app.ts';

/** An app with many packages of one package manager. */
interface Kind {
  open: (address: string) => Promise<Gateway>;
  /** Its deps.sh installs them. `url` is that of the gateway. */
  files: (url: string) => Promise<Files>;
  /** The app with one package more than in the run before, up to three: what was built before is of no use. */
  onePackage: (files: Files, run: number) => Files;
}

export const KINDS: Record<string, Kind> = {
  'maven, Spring Boot with JPA': { open: openMaven, files: mavenApp, onePackage: mavenPackage },
  'npm ci, 551 packages': { open: openRegistry, files: npmApp, onePackage: npmPackage },
  'apt, 6 packages and what they need': {
    open: openProxy,
    files: aptApp,
    onePackage: extend('packages.txt', ['jq\n', 'tree\n', 'less\n']),
  },
  'cargo, 3 crates and what they need': {
    open: openProxy,
    files: cargoApp,
    onePackage: extend('Cargo.toml', ['hex = "=0.4.3"\n', 'fastrand = "=2.3.0"\n', 'base64 = "=0.22.1"\n']),
  },
  'go, 2 modules and what they need': {
    open: openProxy,
    files: goApp,
    onePackage: extend('imports.txt', [
      'github.com/google/uuid@v1.6.0\n',
      'github.com/pkg/errors@v0.9.1\n',
      'github.com/fatih/color@v1.18.0\n',
    ]),
  },
  'pip, 6 packages and what they need': {
    open: openProxy,
    files: pipApp,
    onePackage: extend('requirements.txt', ['tqdm==4.67.1\n', 'toolz==1.0.0\n', 'xmltodict==0.14.2\n']),
  },
};

/** What all have: `build.sh` shows that the packages are there, and `version.txt` is what a push changes. */
function app(show: string, files: Files): Files {
  return { 'build.sh': `${show}\n`, 'run.sh': 'true\n', 'version.txt': '0\n', ...files };
}

/** Adds a line to a file in each run. */
function extend(file: string, lines: string[]): Kind['onePackage'] {
  return (files, run) => ({ [file]: `${files[file]}${lines.slice(0, run + 1).join('')}` });
}

async function npmApp(registry: string): Promise<Files> {
  return app('ls node_modules | wc -l', {
    ...(await lockFile()),
    'with-more.json': JSON.stringify(await lockFilesWithMore()),
    'deps.sh': `# needs: package.json package-lock.json
export npm_config_registry=${registry} npm_config_replace_registry_host=always
npm ci --no-audit --no-fund >/dev/null
`,
  });
}

async function lockFilesWithMore(): Promise<Files[]> {
  const packages = Object.entries({ dayjs: '1.11.13', 'left-pad': '1.3.0', 'is-odd': '3.0.1' });
  const lockFiles = [];
  for (let count = 1; count <= packages.length; count++)
    lockFiles.push(await lockFile(Object.fromEntries(packages.slice(0, count))));
  return lockFiles;
}

function npmPackage(files: Files, run: number): Files {
  const more = JSON.parse(String(files['with-more.json'])) as Files[];
  return more[run] ?? {};
}

async function aptApp(proxy: string): Promise<Files> {
  return app('dpkg-query -l | wc -l', {
    'packages.txt': 'build-essential python3-dev nginx postgresql-client redis-tools ffmpeg\n',
    'deps.sh': `# needs: packages.txt
export http_proxy=${proxy} DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null
apt-get install -y -qq --no-install-recommends $(cat packages.txt) >/dev/null
`,
  });
}

async function pipApp(proxy: string): Promise<Files> {
  return app('.venv/bin/pip list | wc -l', {
    'requirements.txt':
      'django==5.2.1\nflask==3.1.1\nrequests==2.32.3\npandas==2.2.3\nsqlalchemy==2.0.41\ncelery==5.5.2\n',
    'deps.sh': `# needs: requirements.txt
export https_proxy=${proxy} PIP_CERT=${CERTIFICATES}
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
`,
  });
}

async function cargoApp(proxy: string): Promise<Files> {
  const manifest = `[package]
name = "app"
version = "1.0.0"
edition = "2021"
[[bin]]
name = "app"
path = "app.rs"
[dependencies]
`;
  const crates = 'serde_json = "=1.0.140"\nregex = "=1.11.1"\nclap = { version = "=4.5.39", features = ["derive"] }\n';
  const target = 'export CARGO_TARGET_DIR="${CACHE_DIR:-.}/target"'; // the rival has no CACHE_DIR
  const build =
    'touch app.rs && cargo build --offline --release --quiet && cp "$CARGO_TARGET_DIR/release/app" . && ./app';
  return app(`${target}\n${build}`, {
    'Cargo.toml': `${manifest}${crates}`,
    'app.rs': 'fn main() { println!("{}", serde_json::json!({ "version": include_str!("version.txt").trim() })); }\n',
    'deps.sh': `# needs: Cargo.toml
export https_proxy=${proxy} CARGO_HTTP_CAINFO=${CERTIFICATES}
${target}
[ -e app.rs ] || echo 'fn main() {}' >app.rs
cargo build --release --quiet
`,
  });
}

async function goApp(proxy: string): Promise<Files> {
  return app('go build -o app . && ./app', {
    'imports.txt': 'github.com/gin-gonic/gin@v1.10.1\ngithub.com/spf13/cobra@v1.9.1\n',
    'app.go': `package main

import "github.com/gin-gonic/gin"

func main() { println(gin.Version) }
`,
    'deps.sh': `# needs: imports.txt
export https_proxy=${proxy} SSL_CERT_FILE=${CERTIFICATES} GOTOOLCHAIN=local
go mod init app 2>/dev/null
go get $(cat imports.txt) 2>/dev/null
go build $(sed 's/@.*//' imports.txt)
`,
  });
}

async function mavenApp(url: string): Promise<Files> {
  return app('mvn --batch-mode --offline --quiet --settings settings.xml package && ls target/*.jar', {
    'pom.xml': pom(''),
    'settings.xml': `<settings><mirrors><mirror><id>gateway</id><mirrorOf>*</mirrorOf><blocked>false</blocked>
<url>${url}/maven2</url></mirror></mirrors></settings>\n`,
    'src/main/resources/page.txt': 'hello\n',
    'deps.sh': `# needs: pom.xml settings.xml
mvn --batch-mode --quiet --settings settings.xml package
`,
  });
}

function mavenPackage(_: Files, run: number): Files {
  const more = [
    artifact('org.apache.commons', 'commons-csv', '1.14.0'),
    artifact('org.apache.commons', 'commons-text', '1.13.1'),
    artifact('commons-io', 'commons-io', '2.19.0'),
  ];
  return { 'pom.xml': pom(more.slice(0, run + 1).join('')) };
}

function pom(more: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>app</groupId><artifactId>app</artifactId><version>1</version>
<properties><maven.compiler.release>17</maven.compiler.release>
<project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>
<dependencies>${artifact('org.springframework.boot', 'spring-boot-starter-web', '3.4.5')}
${artifact('org.springframework.boot', 'spring-boot-starter-data-jpa', '3.4.5')}
${more}</dependencies></project>\n`;
}

const artifact = (group: string, name: string, version: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;

/** In the base image. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
