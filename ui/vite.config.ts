import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// `MCP_DISCOVERY_URL=http://127.0.0.1:8090 npm run dev` works on the screens against a running core.
const core = process.env.MCP_DISCOVERY_URL;

export default defineConfig({
  plugins: [svelte()],
  // `npm test` mounts components: the browser build of Svelte, not the server one.
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  build: {
    target: "es2022",
    // The content security policy allows neither inline scripts nor data: scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.ts"] },
  server: core ? { proxy: { "/api": { target: core, changeOrigin: true, headers: { origin: core } } } } : {},
});
