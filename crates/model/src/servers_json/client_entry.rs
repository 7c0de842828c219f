//! One entry of an AI client's file, in the format of whichever client wrote it. What is left out is reported.

use std::collections::BTreeMap;

use super::entry::address;
use super::forms::URLS;
use super::read::Reader;
use super::tree::{FileNode, Json};
use crate::given::bare_variable;
use crate::{Given, ServerInfo, Source, Transport, without_keys};

/// The words of an entry for its transport, by whichever key.
const TRANSPORTS: [&str; 3] = ["type", "transport", "transportType"];

/// Keys that say nothing about how a server is reached.
const WORDS: [&str; 8] = ["name", "id", "version", "description", "source", "gallery", "title", "$schema"];

/// The fields of an entry, taken out one by one; what remains at the end was not used.
struct ClientFields<'a, 'b> {
    read: &'a mut EntryRead,
    left: Vec<(String, FileNode)>,
    reader: &'a mut Reader<'b>,
}

/// An entry as it is in the file, before anything is decided about it.
pub(super) struct EntryRead {
    /// Its key, or the name in it.
    pub(super) name: String,
    pub(super) at: usize,
    /// `disabled: true` or `enabled: false`.
    pub(super) is_off: bool,
    /// Placeholders without values, as they are written.
    pub(super) waits: Vec<String>,
    /// Variables of the user's environment that would be sent to it, in sentences.
    pub(super) reads: Vec<String>,
    /// Headers whose value in the file contains a placeholder.
    pub(super) waiting_headers: Vec<String>,
    /// Its address, where that cannot be that of a server: as it is written, without secrets.
    pub(super) written: Option<String>,
    /// Absent where it is left out; a note says why.
    pub(super) server: Option<(Given, ServerInfo)>,
}

/// Reads one entry, or reports in a note why it is left out. Values of `env` and `headers` are in no record: they are the
/// client's secrets, and stay beside it until the user decides about them.
pub(super) fn read(key: &str, node: FileNode, reader: &mut Reader<'_>) -> EntryRead {
    let (at, kind) = (node.at, node.kind());
    let mut read = EntryRead {
        name: key.to_owned(),
        at,
        is_off: false,
        waits: Vec::new(),
        reads: Vec::new(),
        waiting_headers: Vec::new(),
        written: None,
        server: None,
    };
    let Json::Map(left) = node.value else {
        reader.warn(at, format!("`{key:.80}` was left out: expected an object, got {kind}"));
        return read;
    };
    let mut fields = ClientFields { read: &mut read, left, reader };
    if key.trim().is_empty()
        && let Some(name) = fields.text("name")
    {
        fields.read.name = name;
    }
    fields.read.is_off = fields.is_off();
    let server = fields.server();
    if server.is_some() {
        fields.tell_rest();
    }
    read.server = server;
    read
}

impl EntryRead {
    /// The result of an import: nothing is started or sent because of a file, and the servers of a project are imported for
    /// all projects.
    pub(super) fn imported(
        self,
        project: Option<&str>,
        reader: &mut Reader<'_>,
    ) -> Option<(Given, ServerInfo)> {
        let Self { name, at, is_off, waits, reads, server, .. } = self;
        let (given, mut info) = server?;
        let mut warn = |message: &str| reader.warn(at, format!("`{name:.80}`: {message}"));
        if let Some(project) = project {
            warn(&format!("it belongs to the project `{project:.200}`, and was imported for all"));
        }
        if let Some(cwd) = &info.cwd {
            warn(&format!("it starts in its `cwd`, `{cwd:.200}`"));
        }
        info.paused = is_off || !waits.is_empty() || !reads.is_empty();
        if is_off {
            warn("it is disabled there: imported as paused");
        } else if !waits.is_empty() {
            let waits: Vec<String> = waits.iter().map(|found| format!("`{found:.80}`")).collect();
            let waits = waits.join(", ");
            warn(&format!("its placeholders have no values ({waits}): imported as paused, edit it first"));
        }
        // A file may name any variable and any address: nothing is sent before the user agrees.
        for read in reads {
            let address = info.address();
            warn(&format!("{read} and sent to `{address}`: imported as paused, resume it if you want that"));
        }
        Some((given, info))
    }
}

impl ClientFields<'_, '_> {
    fn warn(&mut self, message: &str) {
        let message = format!("`{:.80}`: {message}", self.read.name);
        self.reader.warn(self.read.at, message);
    }

    fn refuse<T>(&mut self, reason: &str) -> Option<T> {
        self.refuse_at(self.read.at, reason)
    }

    fn refuse_at<T>(&mut self, at: usize, reason: &str) -> Option<T> {
        let message = format!("`{:.80}` was left out: {reason}", self.read.name);
        self.reader.warn(at, message);
        None
    }

    /// Takes a field out; of a duplicate the last one counts. Null counts as absent.
    fn take(&mut self, key: &str) -> Option<FileNode> {
        let mut found: Vec<FileNode> =
            self.left.extract_if(.., |(name, _)| name == key).map(|(_, node)| node).collect();
        if found.len() > 1 {
            self.warn(&format!("`{key}` is given twice: the last one counts"));
        }
        found.pop().filter(|node| !matches!(node.value, Json::Null))
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let is_text = |(own, node): &(String, FileNode)| own == key && matches!(node.value, Json::Text(_));
        if !self.left.iter().any(is_text) {
            return None;
        }
        match self.take(key)?.value {
            Json::Text(text) => Some(text).filter(|text| !text.trim().is_empty()),
            _ => None,
        }
    }

    /// `disabled: true` and `enabled: false`.
    fn is_off(&mut self) -> bool {
        let is = |node: Option<FileNode>, wanted: bool| matches!(node.map(|node| node.value), Some(Json::Bool(truth)) if truth == wanted);
        let disabled = self.take("disabled");
        let enabled = self.take("enabled");
        is(disabled, true) || is(enabled, false)
    }

    fn server(&mut self) -> Option<(Given, ServerInfo)> {
        if let Some((command, args)) = self.command() {
            return Some(self.of_command(&command, args));
        }
        let http = self.text("httpUrl");
        let is_http = http.is_some();
        let Some(url) = http.or_else(|| URLS.iter().find_map(|key| self.text(key))) else {
            return self.without_address();
        };
        self.of_url(&url, is_http)
    }

    /// A note on what is in the place of an address, or that nothing is.
    fn without_address<T>(&mut self) -> Option<T> {
        // Goose lists what it brings along among its servers.
        if self.take_transport().iter().any(|word| matches!(word.as_str(), "builtin" | "platform")) {
            return self.refuse("it is a part of the client itself");
        }
        let odd = self
            .left
            .iter()
            .find(|(key, _)| matches!(key.as_str(), "command" | "cmd") || URLS.contains(&key.as_str()));
        match odd.map(|(key, node)| (key.clone(), node.at, node.kind())) {
            Some((key, at, kind)) => self.refuse_at(at, &format!("its `{key}` is {kind}: expected text")),
            None => self.refuse("it has neither `url` nor `command`"),
        }
    }

    /// A text with a list beside it, or, in `OpenCode`, one list.
    fn command(&mut self) -> Option<(String, Vec<String>)> {
        if let Some(command) = self.text("command").or_else(|| self.text("cmd")) {
            let args = self.take("args").map(list).unwrap_or_default();
            return Some((command, args));
        }
        let is_list =
            |(own, node): &(String, FileNode)| own == "command" && matches!(node.value, Json::List(_));
        if !self.left.iter().any(is_list) {
            return None;
        }
        let mut parts = list(self.take("command")?).into_iter();
        let command = parts.next().filter(|command| !command.trim().is_empty())?;
        let args = self.take("args").map(list).unwrap_or_default();
        Some((command, parts.chain(args).collect()))
    }

    fn of_command(&mut self, command: &str, args: Vec<String>) -> (Given, ServerInfo) {
        self.take_transport();
        for text in args.iter().map(String::as_str).chain([command]) {
            self.wait_for(text);
        }
        let name = named(&self.read.name).unwrap_or(command.trim()).to_owned();
        let mut info = ServerInfo::new_stdio(&name, command, args, Source::Import, self.reader.now);
        let mut env = BTreeMap::new();
        for key in ["env", "environment", "envs"] {
            let given = self.take(key).map(texts).unwrap_or_default();
            for (name, value) in given.into_iter().filter(|(_, value)| !value.is_empty()) {
                let (name, value) = self.own_value(name, value);
                env.insert(name, value);
            }
        }
        for name in self.take("env_keys").map(list).unwrap_or_default() {
            env.entry(name).or_insert(None);
        }
        let cwd = self.text("cwd");
        if let Some(cwd) = &cwd {
            self.wait_for(cwd);
        }
        if self.text("envFile").is_some() {
            self.warn("its `envFile` was not read: give its variables here");
        }
        let given = Given { cwd, env, ..Given::default() };
        info.env = given.env.keys().cloned().collect();
        info.cwd.clone_from(&given.cwd);
        (given, info)
    }

    fn of_url(&mut self, url: &str, is_http: bool) -> Option<(Given, ServerInfo)> {
        let words = self.take_transport();
        let is_sse = !is_http && words.iter().any(|word| word.eq_ignore_ascii_case("sse"));
        let transport = if is_sse { Transport::Sse } else { Transport::Http };
        if let Some(placeholder) = placeholder(url) {
            self.read.waits.push(placeholder.to_owned());
            // Missing values of its headers are reported with it.
            let mut nobody = ServerInfo::new_stdio("", "", Vec::new(), Source::Import, self.reader.now);
            self.headers(&mut nobody);
            self.read.reads.clear();
            self.read.written = Some(crate::secrets::redact_url(url));
            return self
                .refuse(&format!("its address has the placeholder `{placeholder:.80}`: write its value"));
        }
        let (url, query) = without_keys(url);
        match address(&url) {
            Ok((url, problem)) => {
                if let Some(problem) = problem {
                    self.warn(&format!("`url` was taken without its secret part: {problem}"));
                }
                let name = named(&self.read.name).unwrap_or(&url).to_owned();
                let mut info =
                    ServerInfo::new_at(transport, &name, &url, Source::Import, self.reader.now).ok()?;
                let headers = self.headers(&mut info);
                Some((Given { headers, query, ..Given::default() }, info))
            }
            Err(error) => {
                self.read.written = Some(crate::secrets::redact_url(&url));
                self.refuse(&error.to_string())
            }
        }
    }

    fn take_transport(&mut self) -> Vec<String> {
        TRANSPORTS.iter().filter_map(|key| self.text(key)).collect()
    }

    /// The headers with values; those from the user's environment are named in the record.
    fn headers(&mut self, info: &mut ServerInfo) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for key in ["headers", "http_headers"] {
            all.extend(self.take(key).map(texts).unwrap_or_default());
        }
        if let Some(Json::Map(options)) = self.take("requestOptions").map(|node| node.value) {
            let headers = options.into_iter().filter(|(key, _)| key == "headers");
            all.extend(headers.flat_map(|(_, node)| texts(node)));
        }
        for key in ["env_http_headers", "header_env"] {
            info.header_env.extend(self.take(key).map(texts).unwrap_or_default());
        }
        let token = self.text("bearer_token_env_var");
        info.token_env = token.or_else(|| self.text("bearer_token_env"));
        all.retain(|name, value| {
            let Some(found) = placeholder(value) else { return true };
            let is_token = name.eq_ignore_ascii_case("authorization");
            let rest = value.strip_prefix("Bearer ").filter(|_| is_token).unwrap_or(value);
            match variable(rest) {
                Some(variable) if is_token && rest != value => info.token_env = Some(variable.to_owned()),
                Some(variable) if !is_token => {
                    info.header_env.insert(name.clone(), variable.to_owned());
                }
                _ => {
                    self.read.waits.push(found.to_owned());
                    self.read.waiting_headers.push(name.clone());
                }
            }
            false
        });
        let token = info.token_env.iter().map(|variable| format!("its token is read from `{variable}`"));
        let headers = info.header_env.iter();
        let headers =
            headers.map(|(name, variable)| format!("its header `{name}` is read from `{variable}`"));
        self.read.reads = token.chain(headers).collect();
        all
    }

    /// `"KEY": "${KEY}"` means that the value is in the user's environment. Another placeholder needs a value.
    fn own_value(&mut self, name: String, value: String) -> (String, Option<String>) {
        if variable(&value) == Some(name.as_str()) {
            return (name, None);
        }
        let is_whole = self.wait_for(&value);
        (name, Some(value).filter(|_| is_whole))
    }

    /// Whether there is no placeholder in it; the first one is reported.
    fn wait_for(&mut self, text: &str) -> bool {
        let found = placeholder(text).map(str::to_owned);
        let is_whole = found.is_none();
        self.read.waits.extend(found.filter(|found| !self.read.waits.contains(found)));
        is_whole
    }

    /// Names what was left out: settings of the client's own.
    fn tell_rest(&mut self) {
        let rest = std::mem::take(&mut self.left).into_iter().map(|(key, _)| key);
        let rest: Vec<String> =
            rest.filter(|key| !WORDS.contains(&key.as_str())).map(|key| format!("`{key:.40}`")).collect();
        if !rest.is_empty() {
            let verb = if rest.len() == 1 { "was" } else { "were" };
            self.warn(&format!("{} {verb} left out: a setting of the client's own", rest.join(", ")));
        }
    }
}

/// A client can have a server under an empty key; in our list it is named after its address.
fn named(name: &str) -> Option<&str> {
    Some(name).filter(|name| !name.trim().is_empty())
}

/// The first of `${VAR}`, `${env:VAR}`, `${input:id}` and `${VAR:-default}` in a text, or `$VAR` where it is all of it.
pub(super) fn placeholder(text: &str) -> Option<&str> {
    let Some(from) = text.find("${") else {
        let rest = text.strip_prefix("Bearer ").unwrap_or(text);
        return variable(rest).map(|_| rest.trim());
    };
    let rest = text.get(from..)?;
    let end = rest.find('}')?;
    rest.get(..=end)
}

/// The variable, when a text is a variable of the user's environment and nothing else.
fn variable(text: &str) -> Option<&str> {
    let text = text.trim();
    let Some(rest) = text.strip_prefix("${") else { return bare_variable(text) };
    let inner = rest.strip_suffix('}')?;
    let name = inner.strip_prefix("env:").unwrap_or(inner);
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    Some(name).filter(|name| is_name(name))
}

/// The texts and numbers of an object, by name.
fn texts(node: FileNode) -> BTreeMap<String, String> {
    let Json::Map(entries) = node.value else { return BTreeMap::new() };
    entries.into_iter().filter_map(|(name, node)| Some((name, text_of(node)?))).collect()
}

fn list(node: FileNode) -> Vec<String> {
    let Json::List(items) = node.value else { return Vec::new() };
    items.into_iter().filter_map(text_of).collect()
}

fn text_of(node: FileNode) -> Option<String> {
    match node.value {
        Json::Text(text) => Some(text),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}
