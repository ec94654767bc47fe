// The page as a person uses it: clicks, keys, zoom, search, print, and a name made of script tags.
// MAYREACH is the command, CHROMIUM the browser.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const mayreach = process.env.MAYREACH ?? path.join(root, 'target/debug/mayreach');
const axe = readFileSync(path.join(root, 'tests/browser/node_modules/axe-core/axe.min.js'), 'utf8');

let browser;
let folder;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'mayreach-'));
  browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The report of a command, opened; `said` is every request, console line and error of the page. */
async function open(words, { cwd = root, width = 1400 } = {}) {
  // Exit status 1 is an answer: something is open.
  const { status, stdout: html } = spawnSync(mayreach, words, { cwd, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
  assert.ok(status === 0 || status === 1, `${words.join(' ')} ends with ${status}`);
  const file = path.join(folder, 'report.html');
  writeFileSync(file, html);
  const page = await browser.newPage();
  const said = [];
  page.on('pageerror', (error) => said.push(`error ${error.message}`));
  page.on('console', (line) => said.push(`console ${line.text()}`));
  page.on('dialog', (dialog) => { said.push('dialog'); dialog.dismiss(); });
  page.on('request', (request) => { if (!request.url().startsWith('file:') || !request.url().endsWith('/report.html')) said.push(`request ${request.url()}`); });
  await page.setViewport({ width, height: 1000 });
  await page.goto(pathToFileURL(file).href);
  return { page, said, html };
}

const tenants = ['matrix', 'examples/tenants', '--by', 'label:tenant', '--output', 'html'];
const text = (page, selector) => page.$eval(selector, (found) => found.textContent);

test('keys walk the picture, zoom in and out, and say where they are', async () => {
  const { page, said } = await open(tenants);
  await page.focus('#grid');
  assert.match(await text(page, '#cell'), /^acme → acme: mixed$/);
  await page.keyboard.press('ArrowRight');
  assert.match(await text(page, '#cell'), /^acme → globex: denied$/);
  await page.keyboard.press('Enter');
  assert.match(await text(page, '#crumbs'), /all › acme → globex/);
  assert.match(await text(page, '#cell'), /^tenant-acme\/api → tenant-globex\/api: denied$/);
  await page.keyboard.press('Enter');
  const details = await text(page, '#details');
  assert.match(details, /nothing gets through: proved for all requests.*Such as port 8080\/TCP/);
  assert.match(details, /✗ egress isolated by 3 NetworkPolicies/);
  assert.match(details, /own-tenant-only.*mesh-policies\.yaml:\d+/);
  assert.match(details, /mayreach explain PATHS --from tenant-acme\/api --to tenant-globex\/api --port 8080/);
  await page.focus('#grid');
  await page.keyboard.press('Escape');
  assert.equal(await text(page, '#crumbs'), 'all');
  assert.deepEqual(said, []);
});

test('a pair of workloads shows what gets through, and the layers of one such flow', async () => {
  const { page, said } = await open(['matrix', 'examples/bookinfo', '--output', 'html']);
  await page.focus('#grid');
  for (const key of ['Enter', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
  const details = await text(page, '#detail-body');
  assert.match(details, /bookinfo\/reviews → bookinfo\/ratings.*some of it allowed/);
  assert.match(details, /8080\/TCP paths \/metrics/);
  assert.match(details, /15091-65535\/TCP GET, paths \/ratings\/\*/);
  assert.match(details, /✓ authorization allowed by rule 1 of AuthorizationPolicy bookinfo\/reviews-read-ratings.*policies\.yaml:\d+/);
  assert.match(details, /explain PATHS --from bookinfo\/reviews --to bookinfo\/ratings --port 8080 --path \/metrics/);
  assert.deepEqual(said, []);
});

test('a click on a cell shows it, a double click opens it', async () => {
  const { page, said } = await open(tenants);
  const at = async (row, column) => {
    const box = await (await page.$('#grid')).boundingBox();
    const place = await page.evaluate(() => {
      const canvas = document.getElementById('grid');
      return { width: canvas.clientWidth, height: canvas.clientHeight };
    });
    // Cells end 8 pixels above the lower edge; they are 36 pixels wide here.
    const top = place.height - 8 - 5 * 36;
    return [box.x + (await page.evaluate(() => 66)) + column * 36 + 10, box.y + top + row * 36 + 18];
  };
  await page.mouse.click(...(await at(0, 1)));
  assert.match(await text(page, '#detail-body'), /acme → globex/);
  assert.match(await text(page, '#detail-body'), /9 pairs of workloads: denied/);
  await page.mouse.click(...(await at(0, 1)), { count: 2 });
  assert.match(await text(page, '#crumbs'), /acme → globex/);
  assert.deepEqual(said, []);
});

test('search and filters narrow the list', async () => {
  const { page, said } = await open(tenants);
  assert.match(await text(page, '#list-count'), /^25 of 25 pairs/);
  await page.type('#search', 'globex');
  await page.waitForFunction(() => document.getElementById('list-count').textContent.startsWith('9 of 9'));
  await page.click('input[value="denied"], input[value="deny"]');
  await page.waitForFunction(() => document.getElementById('list-count').textContent.startsWith('3 of 3'));
  await page.click('#list button');
  assert.match(await text(page, '#detail-body'), /globex → platform|acme → globex/);
  assert.deepEqual(said, []);
});

test('a name made of script tags stays a name', async () => {
  const hostile = path.join(folder, '<', 'script><img src=x onerror=alert(1)><script>alert(2)<');
  mkdirSync(path.dirname(hostile), { recursive: true });
  const manifests = readFileSync(path.join(root, 'examples/tenants/workloads.yaml'), 'utf8')
    + '\n---\n' + readFileSync(path.join(root, 'examples/tenants/network-policies.yaml'), 'utf8');
  mkdirSync(hostile, { recursive: true });
  writeFileSync(path.join(hostile, 'script>.yaml'), manifests);
  const { page, said, html } = await open(['matrix', '<', '--by', 'namespace', '--output', 'html'], { cwd: folder });
  assert.ok(!html.includes('<img src=x'), 'the name is not markup');
  await page.focus('#grid');
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'Enter', 'Enter']) await page.keyboard.press(key);
  assert.match(await text(page, '#detail-body'), /<img src=x onerror=alert\(1\)>/);
  assert.equal(await page.$('#detail-body img'), null);
  assert.deepEqual(said, []);
});

test('a thousand workloads', async () => {
  const documents = [];
  for (let t = 0; t < 100; t++) {
    const space = `t${String(t).padStart(3, '0')}`;
    documents.push({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: space, labels: { tenant: space } } });
    for (let w = 0; w < 10; w++) {
      documents.push({ apiVersion: 'v1', kind: 'Pod', metadata: { name: `p${w}`, namespace: space, labels: { app: `p${w}` } }, spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }] }] } });
    }
    documents.push({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'own', namespace: space }, spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] } });
  }
  writeFileSync(path.join(folder, 'many.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: documents }));
  const { page, said, html } = await open(['matrix', path.join(folder, 'many.json'), '--by', 'label:tenant', '--output', 'html']);
  assert.ok(html.length < 4_000_000, `the page is ${html.length} bytes`);
  assert.match(await text(page, '#list-count'), /^100 of 10000 pairs/);
  await page.focus('#grid');
  await page.keyboard.press('Enter');
  assert.match(await text(page, '#crumbs'), /t000 → t000/);
  assert.match(await text(page, '#list-count'), /^90 of 90 pairs/);
  assert.deepEqual(said, []);
});

test('isolation: an open pair shows its counterexample, as a request and as a test', async () => {
  const { page, said } = await open(['isolate', 'examples/tenants-broken', '--tenants', 'examples/tenants-isolation.yaml', '--output', 'html']);
  assert.match(await text(page, '#summary'), /8 proved isolated .* 1 open/);
  await page.click('#list button');
  const details = await text(page, '#detail-body');
  assert.match(details, /globex → initech.*open/s);
  assert.match(details, /Counterexample.*tenant-globex\/web → tenant-initech\/web, port 8080\/TCP/s);
  assert.match(details, /ingress allowed by rule 0 of NetworkPolicy tenant-initech\/same-namespace.*network-policies\.yaml:\d+/s);
  assert.match(details, /mayreach explain PATHS --from tenant-globex\/web --to tenant-initech\/web --port 8080/);
  assert.match(details, /mayreach\.assert_denied\(source="tenant-globex\/web"/);
  assert.deepEqual(said, []);
});

for (const theme of ['light', 'dark']) {
  test(`no barrier that axe knows, ${theme}`, async () => {
    const { page } = await open(tenants);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
    await page.click('#list button');
    // The page lets no script run but its own: the test asks as the browser, not as the page.
    await page.setBypassCSP(true);
    await page.reload();
    await page.click('#list button');
    await page.evaluate(axe);
    const found = await page.evaluate(async () => (await globalThis.axe.run()).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).slice(0, 3).join(' ')}`));
    assert.deepEqual(found, []);
  });
}

test('on paper it is light, with every pair, and on a narrow screen nothing is cut', async () => {
  const { page } = await open(tenants);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  const pdf = await page.pdf({ format: 'A4' });
  assert.ok(pdf.length > 10_000);
  await page.setViewport({ width: 380, height: 800 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 380, `the page is ${wide} pixels wide`);
});

test('without its script the page says so', async () => {
  const { html } = await open(tenants);
  assert.match(html, /<noscript>/);
  assert.match(html, /script-src 'sha256-[A-Za-z0-9+/=]+'/);
});
