"use strict";

// Whoever logs in on this page is logged in for whatever they try next, and nowhere else: nothing is kept.
const GIVES_TOKENS = new Set(["/login", "/refresh"]);
const ENDS_SESSIONS = new Set(["/logout", "/pin"]);
const SCHEME = "bearer";

function follow(reply) {
  const path = new URL(reply.url, location.href).pathname;
  if (reply.ok && GIVES_TOKENS.has(path)) {
    page.preauthorizeApiKey(SCHEME, reply.body.result.access_token);
  }
  if (reply.ok && ENDS_SESSIONS.has(path)) {
    page.authActions.logout([SCHEME]);
  }
  return reply;
}

const page = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  presets: [SwaggerUIBundle.presets.apis],
  validatorUrl: null,
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  responseInterceptor: follow,
});
