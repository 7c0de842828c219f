use std::fmt;

/// What a filter looks at.
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
            return Err("it names no field: write one such as `name` or `metadata.region`".into());
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

            /// The field of a word; some have a second one.
            pub fn of(word: &str) -> Option<Self> {
                match word { $($word $(| $alias)* => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

own_fields! {
    /// The key.
    Id = "id";
    /// For people.
    Name = "name";
    /// `http`, `sse` or `stdio`.
    Transport = "transport";
    /// As it was given.
    Url = "url";
    /// As a probe resolved it.
    Endpoint = "endpoint";
    /// The program of a stdio server.
    Command = "command";
    /// Its arguments; missing when there are none.
    Args = "args";
    /// Everything it offers, compared after folding; missing when it offers nothing.
    Capabilities = "capabilities" | "capability";
    /// The measured status.
    HealthStatus = "health_status" | "status" | "health.status";
    /// `metadata.region`.
    Region = "region";
    /// It asks for credentials.
    AuthRequired = "auth_required";
    /// The guide's field.
    Version = "version";
    /// What the server calls its version.
    ServerVersion = "server_version";
    /// The agreed revision.
    ProtocolVersion = "protocol_version";
    /// `legacy` or `modern`.
    Era = "era";
    /// Who brought it: `manual`, `import`, `scan` or `demo`.
    Source = "source";
    /// How many tools it lists.
    Tools = "tools";
    /// How many resources it lists.
    Resources = "resources";
    /// How many prompts it lists.
    Prompts = "prompts";
    /// The last successful contact, in milliseconds since 1970.
    LastSeen = "last_seen";
    /// The last round trip, in milliseconds.
    ResponseTime = "response_time" | "response_time_ms" | "health.response_time_ms";
    /// The health score, in [0, 1].
    Score = "score" | "health.score";
    /// Drained by a person.
    Paused = "paused";
    /// The path or URL of its health check.
    HealthEndpoint = "health_endpoint";
    /// When it was registered first, in milliseconds since 1970.
    CreatedAt = "created_at";
    /// When its record changed last, in milliseconds since 1970.
    UpdatedAt = "updated_at";
}
