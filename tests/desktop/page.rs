//! Finds things in the page by role and accessible name, as a screen reader does.

use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, Locator};
use http::Method;
use tokio::time::Instant;
use url::Url;

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// WebDriver's code for the key.
pub(crate) const ENTER: char = '\u{E007}';

/// WebDriver's code for the key.
pub(crate) const DELETE: char = '\u{E017}';

/// WebDriver's code for the key, held until the text is over.
const CONTROL: char = '\u{E009}';

/// What a thing is. Closed: a test that needs another role adds it here.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Role {
    Alertdialog,
    Button,
    Combobox,
    Complementary,
    Heading,
    Link,
    Menuitem,
    Option,
    /// A field whose text is hidden; browsers give it no role.
    Password,
    Row,
    Tab,
    Textbox,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Alertdialog => "alertdialog",
            Self::Button => "button",
            Self::Combobox => "combobox",
            Self::Complementary => "complementary",
            Self::Heading => "heading",
            Self::Link => "link",
            Self::Menuitem => "menuitem",
            Self::Option => "option",
            Self::Password => "password",
            Self::Row => "row",
            Self::Tab => "tab",
            Self::Textbox => "textbox",
        }
    }

    /// Elements that can have the role; the browser has the last word.
    fn candidates(self) -> &'static str {
        match self {
            Self::Alertdialog => "[role=alertdialog]",
            Self::Button => "button, [role=button], summary",
            Self::Combobox => "input, [role=combobox]",
            Self::Complementary => "aside, [role=complementary]",
            Self::Heading => "h1, h2, h3, h4, [role=heading]",
            Self::Link => "a[href], [role=link]",
            Self::Menuitem => "[role=menuitem]",
            Self::Option => "[role=option]",
            Self::Password => "input[type=password]",
            Self::Row => "tr, [role=row]",
            Self::Tab => "[role=tab]",
            Self::Textbox => "input, textarea, [role=textbox], [contenteditable]",
        }
    }
}

/// The page in the window.
pub(crate) struct Page(pub(crate) Client);

impl Page {
    /// The visible thing of this role with this name, else the first whose name contains it, in any case; waits for it.
    pub(crate) async fn find(&self, role: Role, name: &str) -> Element {
        let missing = format!("no {} is called `{name}`", role.name());
        self.until(&missing, async || self.look(role, name).await).await
    }

    /// The row that says this; waits for it. A row is known by what stands in it, not by a name.
    pub(crate) async fn row(&self, words: &str) -> Element {
        let missing = format!("no row says `{words}`");
        self.until(&missing, async || self.look_for_row(words).await).await
    }

    /// Clicks it when it can be clicked: a page that is being drawn anew may take it away in between.
    pub(crate) async fn click(&self, role: Role, name: &str) {
        let missing = format!("no {} `{name}` can be clicked", role.name());
        self.until(&missing, async || self.look(role, name).await?.click().await.ok()).await;
    }

    /// Ticks the box in the row that says this.
    pub(crate) async fn tick(&self, words: &str) {
        let missing = format!("no row that says `{words}` can be ticked");
        let tick = async || {
            let row = self.look_for_row(words).await?;
            row.find(Locator::Css("input[type=checkbox]")).await.ok()?.click().await.ok()
        };
        self.until(&missing, tick).await;
    }

    /// Puts the text in place of what the field holds.
    pub(crate) async fn fill(&self, role: Role, name: &str, text: &str) {
        let field = self.find(role, name).await;
        field.clear().await.expect("the field can be emptied");
        field.send_keys(text).await.expect("the field can be typed into");
    }

    /// Presses a key on it, as who came there with the keyboard does.
    pub(crate) async fn press(&self, role: Role, name: &str, key: char) {
        let missing = format!("no {} `{name}` takes a key", role.name());
        let press = async || self.look(role, name).await?.send_keys(&key.to_string()).await.ok();
        self.until(&missing, press).await;
    }

    /// Presses a key that ends the page: the driver may have no page any more by the time it would answer.
    pub(crate) async fn press_last(&self, role: Role, name: &str, key: char) {
        drop(self.find(role, name).await.send_keys(&key.to_string()).await);
    }

    /// Waits until nothing of this role has this name any more.
    pub(crate) async fn gone(&self, role: Role, name: &str) {
        let missing = format!("a {} is still called `{name}`", role.name());
        self.until(&missing, async || self.look(role, name).await.is_none().then_some(())).await;
    }

    /// Waits until the page says this somewhere.
    pub(crate) async fn says(&self, words: &str) {
        let missing = format!("nothing says `{words}`");
        self.until(&missing, async || self.text().await.contains(words).then_some(())).await;
    }

    /// Waits until the page says this, and agrees to what is offered on the way there.
    pub(crate) async fn says_after(&self, words: &str, offer: &str) {
        let missing = format!("nothing says `{words}`");
        let attempt = async || {
            if self.text().await.contains(words) {
                return Some(());
            }
            self.look(Role::Button, offer).await?.send_keys(&ENTER.to_string()).await.ok()?;
            None
        };
        self.until(&missing, attempt).await;
    }

    /// Presses a key with Control held, wherever the focus is.
    pub(crate) async fn control(&self, key: char) {
        self.type_keys(&format!("{CONTROL}{key}")).await;
    }

    /// Presses Enter wherever the focus is.
    pub(crate) async fn enter(&self) {
        self.type_keys(&ENTER.to_string()).await;
    }

    /// Presses keys one after the other wherever the focus is, also within what has a tree of its own.
    pub(crate) async fn strike(&self, keys: &str) {
        let strokes =
            keys.chars().flat_map(|key| [KeyAction::Down { value: key }, KeyAction::Up { value: key }]);
        self.strokes(strokes).await;
    }

    /// Presses a key with Control held, wherever the focus is, also within what has a tree of its own.
    pub(crate) async fn chord(&self, key: char) {
        let (hold, release) = (KeyAction::Down { value: CONTROL }, KeyAction::Up { value: CONTROL });
        self.strokes([hold, KeyAction::Down { value: key }, KeyAction::Up { value: key }, release]).await;
    }

    async fn strokes(&self, strokes: impl IntoIterator<Item = KeyAction>) {
        let keyboard = KeyActions::new("keyboard".to_owned());
        let struck = strokes.into_iter().fold(keyboard, KeyActions::then);
        self.0.perform_actions(struck).await.expect("keys can be pressed");
    }

    /// Waits until the script finds this text.
    pub(crate) async fn finds(&self, script: &str, wanted: &str) {
        let missing = format!("the script never found `{wanted}`");
        let look = async || {
            let found = self.0.execute(script, Vec::new()).await.ok()?;
            (found.as_str()? == wanted).then_some(())
        };
        self.until(&missing, look).await;
    }

    pub(crate) async fn type_keys(&self, keys: &str) {
        let focused = self.0.active_element().await.expect("something has the focus");
        focused.send_keys(keys).await.expect("a key can be pressed");
    }

    /// Waits until the row that says the one thing says the other as well.
    pub(crate) async fn row_says(&self, words: &str, also: &str) {
        let missing = format!("the row of `{words}` does not say `{also}`");
        let look = async || said(&self.look_for_row(words).await?).await.contains(also).then_some(());
        self.until(&missing, look).await;
    }

    /// Waits until no row says this.
    pub(crate) async fn no_row(&self, words: &str) {
        let missing = format!("a row still says `{words}`");
        self.until(&missing, async || self.look_for_row(words).await.is_none().then_some(())).await;
    }

    /// All the text a person sees.
    pub(crate) async fn text(&self) -> String {
        match self.0.find(Locator::Css("body")).await {
            Ok(body) => said(&body).await,
            Err(_) => String::new(),
        }
    }

    /// Tries until it works; when patience ends, says what is missing and what there is instead.
    pub(crate) async fn until<T>(&self, missing: &str, attempt: impl AsyncFn() -> Option<T>) -> T {
        let give_up = Instant::now() + PATIENCE;
        loop {
            if let Some(done) = attempt().await {
                return done;
            }
            if Instant::now() > give_up {
                let text = self.text().await;
                panic!("{missing} on the page:\n{text}");
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn look_for_row(&self, words: &str) -> Option<Element> {
        for row in self.0.find_all(Locator::Css(Role::Row.candidates())).await.ok()? {
            if said(&row).await.contains(words) {
                return Some(row);
            }
        }
        None
    }

    async fn look(&self, role: Role, name: &str) -> Option<Element> {
        let name = name.to_lowercase();
        let mut similar = None;
        for element in self.0.find_all(Locator::Css(role.candidates())).await.ok()? {
            // What is hidden, or has gone meanwhile, has neither.
            let Some(label) = self.computed(&element, "computedlabel").await else { continue };
            let Some(computed) = self.computed(&element, "computedrole").await else { continue };
            let label = label.trim().to_lowercase();
            let is_one = computed == role.name() || matches!(role, Role::Password);
            let fits = label.contains(&name) && is_one;
            if !fits || !element.is_displayed().await.ok()? {
                continue;
            }
            if label == name {
                return Some(element);
            }
            similar.get_or_insert(element);
        }
        similar
    }

    /// `None` when the element is hidden or has gone meanwhile.
    async fn computed(&self, element: &Element, what: &'static str) -> Option<String> {
        let command = Computed { element: element.element_id().to_string(), what };
        let answer = self.0.issue_cmd(command).await.ok()?;
        Some(answer.as_str().unwrap_or_default().to_owned())
    }
}

/// Not WebDriver's own "Get Element Text": WebKit's leaves out what may be cut off with an ellipsis.
pub(crate) async fn said(element: &Element) -> String {
    element.prop("innerText").await.ok().flatten().unwrap_or_default()
}

/// "Get Computed Role" and "Get Computed Label" of the WebDriver standard, which fantoccini does not have.
#[derive(Debug)]
struct Computed {
    element: String,
    what: &'static str,
}

impl WebDriverCompatibleCommand for Computed {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/element/{}/{}", session.unwrap_or_default(), self.element, self.what))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::GET, None)
    }
}
