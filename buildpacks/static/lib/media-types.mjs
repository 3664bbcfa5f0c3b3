const TYPES = {
  aac: "audio/aac",
  atom: "application/atom+xml; charset=utf-8",
  avif: "image/avif",
  css: "text/css; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  gif: "image/gif",
  htm: "text/html; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json; charset=utf-8",
  map: "application/json; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  ogg: "audio/ogg",
  otf: "font/otf",
  pdf: "application/pdf",
  png: "image/png",
  rss: "application/rss+xml; charset=utf-8",
  svg: "image/svg+xml; charset=utf-8",
  ttf: "font/ttf",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  webm: "video/webm",
  webmanifest: "application/manifest+json; charset=utf-8",
  webp: "image/webp",
  woff: "font/woff",
  woff2: "font/woff2",
  xml: "application/xml; charset=utf-8",
  zip: "application/zip",
  eot: "application/vnd.ms-fontobject",
  geojson: "application/geo+json; charset=utf-8",
  ics: "text/calendar; charset=utf-8",
  jsonld: "application/ld+json; charset=utf-8",
  jxl: "image/jxl",
  m4a: "audio/mp4",
  mov: "video/quicktime",
  ogv: "video/ogg",
  vtt: "text/vtt; charset=utf-8",
  wav: "audio/wav",
  xhtml: "application/xhtml+xml; charset=utf-8",
};

/** The media type of a file's name; bytes without a name for unknown endings. */
export function mediaType(path) {
  const ending = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(TYPES, ending) ? TYPES[ending] : "application/octet-stream";
}

const COMPRESSED_FONTS_AND_MEDIA = /^(?:audio|video|image\/(?!svg|x-icon)|font\/woff)|\/(?:zip|pdf|octet-stream)/;

/** Whether files of this name are worth to be compressed: texts, and the binary forms that are not compressed yet. */
export function isCompressible(path) {
  return !COMPRESSED_FONTS_AND_MEDIA.test(mediaType(path));
}
