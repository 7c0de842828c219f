import { mergeConfig } from "vite";
import base from "../vite.config.ts";
import { mockCore } from "./mock-core.ts";

// `npm run dev:mock` shows the screens with made-up servers and no core. Never part of a build that ships.
export default mergeConfig(base, { plugins: [mockCore()] });
