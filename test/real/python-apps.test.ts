import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { makeWheel, wheelName, type Distribution } from "../../buildpacks/python/wheel-fixture.ts";
import { Installation, REPOSITORY } from "../acceptance/installation.ts";
import { makeDebianWheels, type DebianPackage } from "./debian-wheels.ts";

const portside = new Installation({ PORTSIDE_PORT: "18580", PORTSIDE_BOOT_TIMEOUT: "60" });
const scratch = mkdtempSync(join(tmpdir(), "debian-wheels-"));
const withoutPython = ((): string | false => {
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };
  const { status } = spawnSync("python3", ["-I", "-c", "import venv, pip"], { env });
  return status === 0 ? false : "needs python3 with venv and pip among the system's programs";
})();

before(() => portside.ok("up", "--no-deploy"));
after(async () => {
  await portside.remove();
  rmSync(scratch, { recursive: true, force: true });
});

const page = async (app: string, path = "/"): Promise<string> => {
  const { status, body } = await portside.get(app, path);
  return `${status} ${body.trim()}`;
};

describe("examples/python-hello, with nothing but python3", { skip: withoutPython }, () => {
  test("is built and answers; `python` is the venv's", async () => {
    const { stdout } = await portside.ok("deploy", join(REPOSITORY, "examples/python-hello"));
    assert.match(stdout, /portside\/python, portside\/procfile/);
    assert.match(await page("python-hello"), /^200 Hello from Python 3\.\d+\.\d+: release v1, instance web\.1$/);
    await portside.ok("apps:destroy", "python-hello", "--confirm", "python-hello");
  });
});

describe("an app with a vendored wheel of its own", { skip: withoutPython }, () => {
  const GREET: Distribution = {
    name: "greet",
    version: "1.0",
    files: { "greet/__init__.py": 'def words():\n    return "greetings from a wheel"\n' },
    scripts: { greet: "greet:words" },
  };
  const server = (text: string): string =>
    `import os, greet, http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(("${text} " + greet.words()).encode())
if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Page).serve_forever()\n`;
  const folder = portside.folder("wheels", { "requirements.txt": "greet\n", "server.py": server("one") });
  mkdirSync(join(folder, "vendor"));
  writeFileSync(join(folder, "vendor", wheelName(GREET)), makeWheel(GREET));

  test("is built without an index, with a default web, and answers", async () => {
    const { stdout } = await portside.ok("deploy", folder);
    assert.match(stdout, /From the wheels in vendor\/ alone/);
    assert.match(stdout, /Default process web: python server\.py/);
    assert.equal(await page("wheels"), "200 one greetings from a wheel");
  });
  test("the second build takes the venv of the first, in its own place, and the first release still runs", async () => {
    writeFileSync(join(folder, "server.py"), server("two"));
    const { stdout } = await portside.ok("deploy", folder);
    assert.match(stdout, /Dependencies are unchanged: using those of the last build/);
    assert.equal(await page("wheels"), "200 two greetings from a wheel");
    await portside.ok("rollback", "--app", "wheels");
    assert.equal(await page("wheels"), "200 one greetings from a wheel");
  });
  test("a version that is not here ends the deploy with what is; the running release stays", async () => {
    writeFileSync(join(folder, ".python-version"), "3.99\n");
    const { exitCode, stdout, stderr } = await portside.run(["deploy", folder]);
    assert.notEqual(exitCode, 0);
    assert.match(stdout + stderr, /\.python-version asks for Python 3\.99; here there is 3\./);
    assert.match(await page("wheels"), /^200 one/);
  });
});

const GUNICORN: readonly DebianPackage[] = [
  {
    debian: "python3-gunicorn",
    name: "gunicorn",
    modules: ["gunicorn"],
    scripts: { gunicorn: "gunicorn.app.wsgiapp:run" },
  },
  { debian: "python3-pkg-resources", name: "pkg-resources", modules: ["pkg_resources"] },
];
const FLASK: readonly DebianPackage[] = [
  { debian: "python3-flask", name: "Flask", modules: ["flask"] },
  { debian: "python3-werkzeug", name: "Werkzeug", modules: ["werkzeug"] },
  { debian: "python3-jinja2", name: "Jinja2", modules: ["jinja2"] },
  { debian: "python3-markupsafe", name: "MarkupSafe", modules: ["markupsafe"] },
  { debian: "python3-click", name: "click", modules: ["click"] },
  { debian: "python3-itsdangerous", name: "itsdangerous", modules: ["itsdangerous"] },
];
const DJANGO: readonly DebianPackage[] = [
  { debian: "python3-django", name: "Django", modules: ["django"] },
  { debian: "python3-asgiref", name: "asgiref", modules: ["asgiref"] },
  { debian: "python3-sqlparse", name: "sqlparse", modules: ["sqlparse"] },
  { debian: "python3-tz", name: "pytz", modules: ["pytz"] },
];

const DJANGO_APP = {
  "manage.py": `import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
`,
  "shop/__init__.py": "",
  "shop/settings.py": `import os
BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.staticfiles"]
ROOT_URLCONF = "shop.urls"
STATIC_URL = "/static/"
STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")
STATICFILES_DIRS = [os.path.join(BASE_DIR, "assets")]
`,
  "shop/urls.py": `import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import path, re_path
from django.views.static import serve
urlpatterns = [
    path("", lambda request: HttpResponse("shop on Django " + django.get_version())),
    re_path(r"^static/(?P<path>.*)$", serve, {"document_root": settings.STATIC_ROOT}),
]
`,
  "shop/wsgi.py": `import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_wsgi_application()
`,
  "assets/site.css": "body { color: teal }\n",
};

describe("apps whose wheels are made of Debian's packages", { skip: withoutPython }, () => {
  const all = join(scratch, "wheels");
  let missing: string | undefined;
  before(async () => {
    missing = await makeDebianWheels([...GUNICORN, ...FLASK, ...DJANGO], scratch, all);
  });
  const folderOf = (
    name: string,
    files: Readonly<Record<string, string>>,
    packages: readonly DebianPackage[],
  ): string => {
    const folder = portside.folder(name, {
      ...files,
      "requirements.txt": packages.map((one) => `${one.name}\n`).join(""),
    });
    cpSync(all, join(folder, "vendor"), { recursive: true });
    return folder;
  };

  test("Flask and gunicorn: the default web answers", async (t) => {
    if (missing !== undefined) return t.skip(missing);
    const app = `from flask import Flask, jsonify
app = Flask(__name__)
@app.route("/")
def home():
    return jsonify(hello="flask")
`;
    const { stdout } = await portside.ok("deploy", folderOf("flask-app", { "app.py": app }, [...GUNICORN, ...FLASK]));
    assert.match(stdout, /Default process web: gunicorn app:app/);
    assert.equal(await page("flask-app"), '200 {"hello":"flask"}');
    return undefined;
  });

  test("Django and gunicorn: collectstatic wants its configuration, then the app and its static files are served", async (t) => {
    if (missing !== undefined) return t.skip(missing);
    const folder = folderOf("shop", DJANGO_APP, [...GUNICORN, ...DJANGO]);
    const refused = await portside.run(["deploy", folder]);
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.stdout + refused.stderr, /SECRET_KEY: set it in the app's config[^]*DISABLE_COLLECTSTATIC=1/);
    writeFileSync(join(folder, "app.json"), JSON.stringify({ env: { SECRET_KEY: { generator: "secret" } } }));
    const { stdout } = await portside.ok("deploy", folder);
    assert.match(stdout, /Running python manage\.py collectstatic --noinput/);
    assert.match(stdout, /1 static file copied/);
    assert.match(stdout, /Default process web: gunicorn shop\.wsgi/);
    assert.match(await page("shop"), /^200 shop on Django 3\./);
    assert.equal(await page("shop", "/static/site.css"), "200 body { color: teal }");
    return undefined;
  });
});
