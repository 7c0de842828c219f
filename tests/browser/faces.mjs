// Every face of the app, with something in it and without.
import { LONG } from "./filled.mjs";
/** Every face of the app, each brought about by a few steps. */
export function faces({ core, ids, tool }) {
  const at = (hash) => async (page) => {
    await page.goto(`${core.address}/#/${hash}`);
    await page.locator("main h1").waitFor();
  };
  const drawer = (id, tab) => async (page) => {
    await at(`servers/${id}`)(page);
    await page.getByRole("tab", { name: new RegExp(`^${tab}`) }).click();
    await page.getByRole("tabpanel").locator("p, dl, ul, ol, pre").first().waitFor();
  };
  const dialog = (open) => async (page) => {
    await at("servers")(page);
    await open(page);
    await page.getByRole("dialog").waitFor();
  };
  const menu = (item) => async (page) => {
    await page.getByRole("button", { name: "More about the list" }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
  const settings = (section) => async (page) => {
    await at(`settings/${section}`)(page);
    await page.getByRole("textbox", { name: "mcp-discovery.yaml" }).waitFor();
  };
  const drafted = (section, change) => async (page) => {
    await settings(section)(page);
    await change(page);
    await page
      .getByText(/^Draft(,| cannot)/)
      .first()
      .waitFor();
  };
  const adding = (kind, more) =>
    dialog(async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("option", { name: "Add server by address" }).click();
      if (kind === "Program") await page.getByRole("button", { name: "Program" }).click();
      await more?.(page.getByRole("dialog", { name: "Add a server" }));
    });
  const editing = (id) =>
    dialog(async (page) => {
      await at(`servers/${id}`)(page);
      await page.getByRole("button", { name: "More actions" }).click();
      await page.getByRole("menuitem", { name: /^Edit/ }).click();
    });
  const answered = (tab) => async (page) => {
    await at(`playground/${ids.well}/${encodeURIComponent(tool)}`)(page);
    // The page remembers which of the two tabs was open last.
    await page.getByRole("tab", { name: /^Form/ }).click();
    await page.getByRole("textbox", { name: /^id/ }).fill("1");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Run" }).click();
    const result = page.getByRole("complementary", { name: "Result" });
    await result.getByText("Answered", { exact: true }).waitFor();
    await result.getByRole("tab", { name: tab }).click();
  };
  const empty = ids === undefined;
  const routing = async (page) => {
    await at("routing")(page);
    await page.getByRole("region", { name: "Simulator" }).waitFor();
    if (!empty) await page.getByRole("heading", { name: "Next call goes to" }).waitFor();
  };
  const ruled = (more) => async (page) => {
    await routing(page);
    await page.getByRole("button", { name: "Add rule" }).click();
    await page.getByRole("textbox", { name: /^New rule/ }).fill(empty ? "weather.*" : tool);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /more settings$/ }).waitFor();
    await more?.(page);
    await page
      .getByText(/^Draft,/)
      .first()
      .waitFor();
  };
  const activity = async (page) => {
    await at("activity")(page);
    await page
      .getByRole("heading", { name: "No calls yet" })
      .or(page.getByRole("img", { name: /^Calls in the last/ }))
      .waitFor();
  };
  const connect = (more) => async (page) => {
    await at("connect")(page);
    await page.getByRole("region", { name: "Gateway", exact: true }).waitFor();
    // A token that nobody copied stays shown.
    const done = page.getByRole("button", { name: "Done" });
    if (await done.isVisible()) await done.click();
    await more?.(page);
  };
  const token = async (page) => {
    await page.getByRole("button", { name: "New token" }).click();
    await page.getByRole("combobox", { name: "Name of the client" }).fill("made here");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: /^Entry for/ }).waitFor();
  };
  const topology =
    (query = "", more) =>
    async (page) => {
      // The page remembers whether the table was chosen last.
      await at(`topology${query || "?view=map"}`)(page);
      await page.locator("main").locator("[role=grid], .canvas, .empty").first().waitFor();
      await more?.(page);
    };
  return {
    discover: at("discover"),
    servers: at("servers"),
    routing,
    "routing, a rule": ruled((page) => page.getByRole("button", { name: /more settings$/ }).click()),
    "routing, a new rule": async (page) => {
      await routing(page);
      await page.getByRole("button", { name: "Add rule" }).click();
      await page.getByRole("textbox", { name: /^New rule/ }).waitFor();
    },
    activity,
    connect: connect(),
    "connect, a new token": connect(async (page) => {
      await page.getByRole("button", { name: "New token" }).click();
      await page.getByRole("combobox", { name: "Name of the client" }).waitFor();
    }),
    "connect, a token": connect(token),
    topology: topology(),
    "topology, table": topology("?view=table"),
    playground: async (page) => {
      await at("playground")(page);
      await page.getByRole("heading", { name: "No server to call" }).or(page.getByLabel(/^id/)).first().waitFor();
    },
    settings: settings("health_monitoring"),
    "settings, lists": settings("network_discovery"),
    "settings, secrets": settings("secrets"),
    "settings, versions": async (page) => {
      await settings("health_monitoring")(page);
      await page.getByRole("button", { name: "Versions", exact: true }).click();
      await page.getByRole("region", { name: "Versions" }).waitFor();
    },
    "settings, draft": drafted("health_monitoring", (page) =>
      page.getByRole("textbox", { name: "Max failures" }).fill("7"),
    ),
    "settings, wrong": drafted("health_monitoring", (page) =>
      page.getByRole("textbox", { name: "Timeout" }).fill("5000"),
    ),
    "settings, a rule": drafted("routing_rules", async (page) => {
      await page.getByRole("textbox", { name: "Name of a new rule" }).fill(empty ? "weather.*" : tool);
      await page.keyboard.press("Enter");
      await page.getByRole("textbox", { name: "Priority" }).waitFor();
    }),
    "settings, found": async (page) => {
      await settings("gateway")(page);
      await page.getByRole("combobox", { name: "Find a setting" }).fill("timeout");
      await page.getByRole("listbox", { name: "Matching settings" }).waitFor();
    },
    "settings, broken": drafted("gateway", async (page) => {
      await page.getByRole("textbox", { name: "mcp-discovery.yaml" }).focus();
      await page.keyboard.insertText("a: [");
      await page.getByText(/^The forms are frozen/).waitFor();
    }),
    ...(empty
      ? {}
      : {
          "routing, a failing test": ruled(async (page) => {
            await page.getByRole("combobox", { name: "Strategy" }).selectOption("health_weighted");
            await page.getByRole("slider", { name: "Health weight" }).waitFor();
            await page.getByRole("button", { name: "Keep as a test" }).click();
            const test = page.getByRole("region", { name: "Routing tests" });
            await test.getByRole("button", { name: /must/ }).click();
            await page.getByRole("textbox", { name: "Server", exact: true }).fill("nobody");
            await page.getByText(/Routing test 1/).waitFor();
          }),
          "routing, down": async (page) => {
            await routing(page);
            await page.getByRole("combobox", { name: "Pretend it is down" }).click();
            await page.keyboard.press("ArrowDown");
            await page.keyboard.press("Enter");
            await page.getByRole("list", { name: "Pretended down" }).waitFor();
            await page.getByRole("button", { name: "Arguments" }).click();
            await page.getByRole("textbox", { name: "Arguments as JSON" }).fill("{");
            await page.getByText(/^Line 1:/).waitFor();
          },
          "routing, replay": async (page) => {
            await routing(page);
            for (const _ of [1, 2, 3, 4]) {
              await page.getByRole("combobox", { name: "Pretend it is down" }).click();
              await page.keyboard.press("ArrowDown");
              await page.keyboard.press("Enter");
            }
            await page.getByRole("button", { name: /^See the/ }).click();
            await page.getByRole("group", { name: "Calls under the draft" }).getByRole("link").first().waitFor();
          },
          "connect, revoke": connect(async (page) => {
            await page
              .getByRole("button", { name: /^Revoke the token of/ })
              .first()
              .click();
            await page.getByRole("form", { name: /^Revoke the token of/ }).waitFor();
          }),
          "topology, lines": topology(`?view=map&call=${encodeURIComponent(tool)}`, (page) =>
            page.getByRole("table", { name: "Shares of the last minute" }).waitFor(),
          ),
          "topology, lines in the table": topology(`?view=table&call=${encodeURIComponent(tool)}`, (page) =>
            page.getByRole("table", { name: "Shares of the last minute" }).waitFor(),
          ),
          "topology, pretending": topology(`?view=map&call=${encodeURIComponent(tool)}&down=${ids.well}`, (page) =>
            page
              .getByRole("complementary", { name: "What would change" })
              .getByText(/^No server takes it/)
              .waitFor(),
          ),
          "topology, a server": topology(`/${ids.gone}?view=map`, (page) =>
            page.getByRole("button", { name: "Pretend down" }).waitFor(),
          ),
          "topology, no match": topology("?view=map&q=name%3Anobody", async (page) => {
            await page.getByRole("heading", { name: "No server matches" }).waitFor();
            await page.evaluate(() => new Promise(requestAnimationFrame));
          }),
          "activity, a call": async (page) => {
            await activity(page);
            await page.getByRole("group", { name: "Outcome" }).getByRole("button", { name: "Answered" }).click();
            await page.getByText(/rows? match(es)? the filter/).waitFor();
            await page.getByRole("grid").getByRole("row").last().click();
            await page.getByRole("list", { name: "Tries" }).waitFor();
          },
          "activity, no match": async (page) => {
            await activity(page);
            await page.getByRole("textbox", { name: "Capability" }).fill("nothing is called so");
            await page.getByRole("heading", { name: "No matching calls" }).waitFor();
          },
          calls: async (page) => {
            await at(`servers/${ids.well}`)(page);
            await page.getByRole("tab", { name: /^Calls/ }).click();
            await page.getByRole("grid", { name: /^Calls of/ }).waitFor();
          },
          "drawer, well": drawer(ids.well, "Overview"),
          "drawer, down": drawer(ids.gone, "Overview"),
          "drawer, sign-in": drawer(ids.closed, "Overview"),
          tools: drawer(ids.well, "Tools"),
          health: drawer(ids.gone, "Health"),
          logs: drawer(ids.gone, "Logs"),
          raw: drawer(ids.well, "Raw"),
          form: async (page) => {
            await at(`playground/${ids.well}/${encodeURIComponent(tool)}`)(page);
            await page.getByRole("textbox", { name: /^id/ }).waitFor();
          },
          question: async (page) => {
            await at(`playground/${ids.well}/${encodeURIComponent(tool)}`)(page);
            await page.getByRole("textbox", { name: /^id/ }).fill("1");
            await page.getByRole("button", { name: "Run", exact: true }).click();
            await page.getByRole("alertdialog").waitFor();
          },
          "arguments as JSON": async (page) => {
            await at(`playground/${ids.well}/${encodeURIComponent(tool)}`)(page);
            await page.getByRole("tab", { name: /^JSON/ }).click();
            await page.getByRole("textbox", { name: "Arguments as JSON" }).waitFor();
          },
          ...Object.fromEntries(["Result", "Raw", "Timing"].map((tab) => [`answer, ${tab}`, answered(tab)])),
          "how to filter": async (page) => {
            await at("servers")(page);
            await page.getByRole("button", { name: "The filter language" }).click();
            await page.getByRole("dialog").waitFor();
          },
          selecting: async (page) => {
            await at("servers")(page);
            await page.getByRole("grid").focus();
            await page.keyboard.press("Control+a");
            await page.getByRole("button", { name: "Label…" }).waitFor();
          },
          filtered: async (page) => {
            await at("servers")(page);
            await page.getByRole("combobox", { name: "Filter servers" }).fill("is:healthy");
            await page.getByText(/1 of 4/).waitFor();
          },
          "no match": async (page) => {
            await at("servers")(page);
            await page.getByRole("combobox", { name: "Filter servers" }).fill(`name:${tool.slice(0, 60)}-no`);
            await page.getByRole("heading", { name: "No server matches" }).waitFor();
          },
          "clients, what one is given": async (page) => {
            await at("discover")(page);
            const clients = page.getByRole("region", { name: "In AI clients" });
            await clients.getByRole("button", { expanded: false }).first().click();
            await clients.getByText("File", { exact: true }).waitFor();
          },
          "clients, asked": async (page) => {
            await at("discover")(page);
            await page.getByRole("button", { name: /^Add all/ }).click();
            await page.getByRole("dialog").waitFor();
          },
          edit: editing(ids.well),
          "edit, program": editing(ids.program),
          label: dialog(async (page) => {
            await page.getByRole("grid").focus();
            await page.keyboard.press("Control+a");
            await page.getByRole("button", { name: "Label…" }).click();
          }),
          export: dialog(menu(/^Export/)),
          "a failed test": adding("Program", async (form) => {
            await form.getByRole("textbox", { name: /^Program/ }).fill(`/no/${tool}`);
            await form.getByRole("button", { name: "Test" }).click();
            await form.getByText("The test failed").waitFor();
          }),
          messages: async (page) => {
            await at(`servers/${ids.well}`)(page);
            await page.getByRole("button", { name: "More actions" }).click();
            await page.getByRole("menuitem", { name: "Copy address" }).click();
            await page.getByText("Address copied").waitFor();
          },
        }),
    add: adding("Address"),
    "add, sign-in": adding("Address", async (form) => {
      await form.getByRole("button", { name: "Name and sign-in" }).click();
      await form.getByRole("button", { name: "Add a header" }).click();
      await form.getByRole("button", { name: "Add a key" }).click();
    }),
    "add, program": adding("Program", async (form) => {
      await form.getByRole("textbox", { name: /^Program/ }).fill("npx");
      for (let row = 1; row <= 3; row++) {
        await form.getByRole("button", { name: "Add an argument" }).click();
        await form.getByRole("textbox", { name: `Argument ${row}` }).fill(row === 1 ? "-y" : LONG);
      }
      await form.getByRole("button", { name: "Name, environment and folder" }).click();
      await form.getByRole("button", { name: "Add a variable" }).click();
      await form.getByRole("textbox", { name: "Name of variable 1" }).fill(LONG.replaceAll(" ", "_"));
    }),
    "scan of other addresses": async (page) => {
      await at("discover")(page);
      await page
        .getByRole("button", { name: /^Scan( this computer)?$|^Scan again$/ })
        .first()
        .waitFor();
      const other = page.getByRole("button", { name: "Scan other addresses…" });
      if (empty) await page.getByRole("button", { name: "Scan this computer" }).click();
      await other.click();
      await page
        .getByRole("form", { name: "Scan other addresses" })
        .getByText(/probes/)
        .first()
        .waitFor();
    },
    import: dialog(empty ? (page) => page.getByRole("button", { name: "Import file…" }).click() : menu(/^Import/)),
    removed: dialog(
      empty ? (page) => page.getByRole("button", { name: "Recently removed" }).click() : menu(/^Recently/),
    ),
    help: dialog((page) => page.getByRole("button", { name: "Help", exact: true }).click()),
    shortcuts: dialog((page) => page.keyboard.press("?")),
    palette: dialog((page) => page.keyboard.press("Control+k")),
  };
}

/** Every menu and list that opens over a screen. */
export function menus({ core, ids }) {
  const opened = (hash, role, open) => async (page) => {
    await page.goto(`${core.address}/#/${hash}`);
    await page.locator("main h1").waitFor();
    await open(page);
    await page.getByRole(role).first().waitFor();
  };
  const button = (name) => (page) => page.getByRole("button", { name }).click();
  return {
    "menu of the list": opened("servers", "menu", button("More about the list")),
    "menu of groups": opened("servers", "menu", button(/^Group/)),
    "menu of columns": opened("servers", "menu", button("Columns")),
    "menu of a server": opened(`servers/${ids.well}`, "menu", button("More actions")),
    "words of the filter": opened("servers", "option", (page) =>
      page.getByRole("combobox", { name: "Filter servers" }).pressSequentially("re"),
    ),
    "how servers are grouped": opened("topology?view=map&q=", "menu", button(/^Group:/)),
    "what calls are drawn of": opened("topology?view=map", "option", (page) =>
      page.getByRole("combobox", { name: "Traffic for" }).fill("r"),
    ),
    "calls to try": opened("routing", "option", (page) => page.getByRole("combobox", { name: "Capability" }).fill("r")),
    "menu of copies": opened(`playground/${ids.well}`, "menu", button("Copy as")),
    "where to call": opened(`playground/${ids.well}`, "option", button("Show servers")),
  };
}
