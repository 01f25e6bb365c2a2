// Shows a form in a headless browser and prints what a user would see of it.   node browser.mjs SPEC [SCREENSHOT]
// stdin: one JSON list of steps, each {"choose": [id, title]}, {"fill": [id, text]}, {"add": id} or {"submit": true}.
// stdout: one JSON list with what is visible at the beginning and after each step.
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const [specPath, screenshot] = process.argv.slice(2);
const steps = JSON.parse(readFileSync(0, "utf8"));
const style = readFileSync(new URL("node_modules/bootstrap/dist/css/bootstrap.min.css", import.meta.url), "utf8").replace(/@font-face\s*{[^}]*}/g, "");
const bundle = await build({
  entryPoints: [new URL("form.js", import.meta.url).pathname], bundle: true, write: false, minify: true, format: "iife",
  define: { "process.env.NODE_ENV": '"production"' }, logLevel: "error",
});

// What is on the page: every control with its label, in the order of the page, and every heading.
function seen() {
  const visible = (element) => element.getClientRects().length > 0;
  const text = (element) => (element?.innerText ?? "").trim();
  const controls = [...document.querySelectorAll("#form input, #form select, #form textarea")].filter(visible).map((control) => {
    const label = document.querySelector(`label[for="${CSS.escape(control.id)}"]`) ?? control.closest("label");
    return {
      id: control.id, label: text(label).replace(/\s*\*$/, ""), marked: /\*$/.test(text(label)), required: control.required,
      kind: control.tagName === "INPUT" ? control.type : control.tagName.toLowerCase(), value: control.value,
      options: control.tagName === "SELECT" ? [...control.options].map((option) => option.text) : [],
    };
  });
  const headings = [...document.querySelectorAll("#form legend")].filter(visible).map(text);
  const groups = [...document.querySelectorAll("#form [data-group]")].map((card) => ({
    title: text(card.querySelector("h3")), ids: [...card.querySelectorAll("input, select, textarea")].filter(visible).map((control) => control.id),
  }));
  const buttons = [...document.querySelectorAll("#form .btn-add")].filter(visible).length;
  return { controls, headings, groups, buttons, text: document.getElementById("form").innerText, submitted: window.submitted, refused: window.refused };
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});
try {
  const context = await browser.newContext({ offline: true, viewport: { width: 900, height: 1000 } });
  const page = await context.newPage();
  const broken = [];
  page.on("pageerror", (error) => broken.push(error.message));
  await page.setContent(`<!doctype html><html lang="en"><head><style>${style} .glyphicon-plus::before{content:"+ Add"} .glyphicon-remove::before{content:"x"} body{padding:24px}</style></head><body><div id="form"></div></body></html>`);
  await page.addScriptTag({ content: bundle.outputFiles[0].text });
  await page.evaluate((spec) => window.show(spec), JSON.parse(readFileSync(specPath, "utf8")));
  await page.waitForSelector("#form form");
  if (screenshot) await page.screenshot({ path: screenshot, fullPage: true });
  const pages = [await page.evaluate(seen)];
  for (const step of steps) {
    if (step.choose) await page.selectOption(`[id="${step.choose[0]}"]`, { label: step.choose[1] });
    if (step.fill) await page.fill(`[id="${step.fill[0]}"]`, step.fill[1]);
    if (step.add) await page.click(`[id="${step.add}"] .btn-add`);
    if (step.submit) await page.click('#form button[type="submit"]');
    pages.push(await page.evaluate(seen));
  }
  if (broken.length) throw new Error(broken.join("; "));
  process.stdout.write(JSON.stringify(pages));
} finally {
  await browser.close();
}
