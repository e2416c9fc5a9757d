import type { Files } from '../rig/clone.ts';

/** Creates a page for each word in the menu. */
export const BUILD_SH = `set -e
mkdir public
while read -r page; do
  if ! [ -e "pages/$page.html" ]; then
    echo "$page is on the menu, but there is no pages/$page.html"
    exit 1
  fi
  cat head.html "pages/$page.html" >"public/$page.html"
  echo "made public/$page.html"
done <menu.txt
`;

/** Takes long enough for others to push. */
export const SLOW_BUILD_SH = `${BUILD_SH}sleep 5\n`;

/** An app that is a small website. */
export const SHOP: Files = {
  'build.sh': BUILD_SH,
  'run.sh': 'exec busybox httpd -f -p 8080 -h public\n',
  'menu.txt': 'index\nabout\n',
  'head.html': '<!doctype html>\n<title>Shop</title>\n',
  'pages/index.html': '<h1>Shop</h1>\n',
  'pages/about.html': '<h1>About</h1>\n',
};
