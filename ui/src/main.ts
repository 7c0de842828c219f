import { mount } from "svelte";
import "./tokens.css";
import "./base.css";
import { theme } from "./shared/theme.svelte";
import Shell from "./shell/Shell.svelte";

theme.apply();

const target = document.getElementById("app");
if (target) {
  target.replaceChildren();
  mount(Shell, { target });
}
