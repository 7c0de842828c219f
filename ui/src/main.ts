import { mount } from "svelte";
import "./tokens.css";
import "./styles/text.css";
import "./styles/page.css";
import "./styles/buttons.css";
import "./styles/fields.css";
import "./styles/choices.css";
import "./styles/status.css";
import "./styles/surfaces.css";
import "./styles/listings.css";
import "./styles/dialogs.css";
import "./styles/narrow.css";
import { theme } from "./shared/theme.svelte";
import Shell from "./shell/Shell.svelte";

theme.apply();

const target = document.getElementById("app");
if (target) {
  target.replaceChildren();
  mount(Shell, { target });
}
