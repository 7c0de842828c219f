use std::fmt;

use crate::{Era, HealthStatus, SightingKind, Source, Transport};

/// What a filter tests.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// A field of the record or its health.
    Own(Own),
    /// A dotted path into the record's metadata.
    Metadata(String),
}

impl Field {
    /// The field of a key: an own field, else `metadata.<dotted.path>`, else a bare key of the metadata.
    pub fn of_key(key: &str) -> Result<Self, String> {
        if let Some(own) = Own::of(key) {
            return Ok(Self::Own(own));
        }
        let path = key.strip_prefix("metadata.").unwrap_or(key);
        if path.is_empty() || key == "metadata" {
            return Err("it does not name a field: write one such as `name` or `metadata.region`".into());
        }
        Ok(Self::Metadata(path.to_owned()))
    }
}

/// The key in full, so that no own field can hide it: `name`, `metadata.name`.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(own) => f.write_str(own.word()),
            Self::Metadata(path) => write!(f, "metadata.{path}"),
        }
    }
}

macro_rules! own_fields {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $word:literal $(| $alias:literal)*; )+) => {
        /// The fields that a server has of its own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Own { $( $(#[doc = $doc])+ $variant ),+ }

        impl Own {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its word in a filter.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Its other names.
            pub fn aliases(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($alias),*]),+ }
            }

            /// Its description.
            pub fn about(self) -> String {
                let doc = match self { $(Self::$variant => concat!($($doc),+)),+ };
                doc.trim().trim_end_matches('.').replace('`', "")
            }

            /// The field of a word; some have a second one.
            pub fn of(word: &str) -> Option<Self> {
                match word { $($word $(| $alias)* => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

own_fields! {
    /// Its key.
    Id = "id";
    /// Its name.
    Name = "name";
    /// `http`, `sse` or `stdio`.
    Transport = "transport";
    /// Its address as it was given.
    Url = "url";
    /// Where it answers.
    Endpoint = "endpoint";
    /// The program of a stdio server.
    Command = "command";
    /// The arguments of its program.
    Args = "args";
    /// A tool or tag that it offers.
    Capabilities = "capabilities" | "capability";
    /// Its status.
    HealthStatus = "health_status" | "status" | "health.status";
    /// Its region.
    Region = "region";
    /// Whether it requires credentials.
    AuthRequired = "auth_required";
    /// The version in its record.
    Version = "version";
    /// The version that it reports.
    ServerVersion = "server_version";
    /// The agreed MCP revision.
    ProtocolVersion = "protocol_version";
    /// `legacy` or `modern` protocol.
    Era = "era";
    /// How it was added.
    Source = "source";
    /// What sees it now: a kind of sighting, or the name of an AI client.
    Seen = "seen" | "seen_by";
    /// How many tools it lists.
    Tools = "tools";
    /// How many resources it lists.
    Resources = "resources";
    /// How many prompts it lists.
    Prompts = "prompts";
    /// The last successful contact, in milliseconds since 1970.
    LastSeen = "last_seen";
    /// The response time, in milliseconds.
    ResponseTime = "response_time" | "response_time_ms" | "health.response_time_ms";
    /// The health score, 0 to 1.
    Score = "score" | "health.score";
    /// Whether it is paused.
    Paused = "paused";
    /// The path or URL of its health check.
    HealthEndpoint = "health_endpoint";
    /// When it was registered first, in milliseconds since 1970.
    CreatedAt = "created_at";
    /// When its record changed last, in milliseconds since 1970.
    UpdatedAt = "updated_at";
}

impl Own {
    /// The words that its value can be, where that is a closed set.
    pub fn values(self) -> Vec<&'static str> {
        match self {
            Self::Transport => {
                [Transport::Http, Transport::Sse, Transport::Stdio].map(Transport::word).to_vec()
            }
            Self::Era => [Era::Legacy, Era::Modern].map(Era::word).to_vec(),
            Self::Source => [Source::Manual, Source::Import, Source::Scan, Source::Client, Source::Demo]
                .map(Source::word)
                .to_vec(),
            Self::Seen => SightingKind::ALL.map(SightingKind::word).to_vec(),
            Self::HealthStatus => HealthStatus::ALL.map(HealthStatus::filter_word).to_vec(),
            Self::AuthRequired | Self::Paused => vec!["true", "false"],
            _ => Vec::new(),
        }
    }

    /// The operator that usually follows it: numbers are compared, all else is equal or not.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Tools | Self::Resources | Self::Prompts => ">=",
            Self::ResponseTime | Self::LastSeen | Self::CreatedAt | Self::UpdatedAt => ">",
            Self::Score => "<",
            _ => ":",
        }
    }
}
