import type { Files } from '../rig/clone.ts';
import { type Gateway, openMaven, openProxy, openRegistry } from './gateway.ts';
import { lockFile } from './npm-app.ts';

/** An app with many packages of one package manager. */
interface Kind {
  open: (address: string) => Promise<Gateway>;
  /** Its deps.sh installs them. `url` is that of the gateway. */
  files: (url: string) => Promise<Files>;
  /** The app with one package more, or without it again. */
  onePackage: (files: Files, run: number) => Files;
}

export const KINDS: Record<string, Kind> = {
  'maven, Spring Boot with JPA': { open: openMaven, files: mavenApp, onePackage: mavenPackage },
  'npm ci, 551 packages': { open: openRegistry, files: npmApp, onePackage: npmPackage },
  'apt, 6 packages and what they need': { open: openProxy, files: aptApp, onePackage: aptPackage },
  'cargo, 3 crates and what they need': {
    open: openProxy,
    files: cargoApp,
    onePackage: extend('Cargo.toml', 'hex = "=0.4.3"\n'),
  },
  'go, 2 modules and what they need': {
    open: openProxy,
    files: goApp,
    onePackage: extend('imports.txt', 'github.com/google/uuid@v1.6.0\n'),
  },
  'pip, 6 packages and what they need': {
    open: openProxy,
    files: pipApp,
    onePackage: extend('requirements.txt', 'tqdm==4.67.1\n'),
  },
};

/** What all have: `build.sh` shows that the packages are there, and `version.txt` is what a push changes. */
function app(show: string, files: Files): Files {
  return { 'build.sh': `${show}\n`, 'run.sh': 'true\n', 'version.txt': '0\n', ...files };
}

/** Adds a line to a file in every other run. */
function extend(file: string, line: string): Kind['onePackage'] {
  return (files, run) => ({ [file]: `${files[file]}${run % 2 === 0 ? line : ''}` });
}

async function npmApp(registry: string): Promise<Files> {
  return app('ls node_modules | wc -l', {
    ...(await lockFile()),
    'with-one-more.json': JSON.stringify(await lockFile({ dayjs: '1.11.13' })),
    'deps.sh': `# needs: package.json package-lock.json
export npm_config_registry=${registry} npm_config_replace_registry_host=always
npm ci --no-audit --no-fund >/dev/null
`,
  });
}

function npmPackage(files: Files, run: number): Files {
  const { 'package.json': own = '', 'package-lock.json': lock = '' } = files;
  if (run % 2 === 1) return { 'package.json': own, 'package-lock.json': lock };
  return JSON.parse(String(files['with-one-more.json'])) as Files;
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

function aptPackage(files: Files, run: number): Files {
  return { 'packages.txt': `${files['packages.txt']}${run % 2 === 0 ? 'jq' : 'tree'}\n` };
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
  return app('touch app.rs && cargo build --offline --release --quiet && target/release/app', {
    'Cargo.toml': `${manifest}${crates}`,
    'app.rs': 'fn main() { println!("{}", serde_json::json!({ "version": include_str!("version.txt").trim() })); }\n',
    'deps.sh': `# needs: Cargo.toml
export https_proxy=${proxy} CARGO_HTTP_CAINFO=${CERTIFICATES}
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
  return { 'pom.xml': pom(run % 2 === 0 ? artifact('org.apache.commons', 'commons-csv', '1.14.0') : '') };
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
