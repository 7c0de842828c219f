//! The demo fleet: six servers that together show what the product shows, on loopback, on free ports.

use std::io;

use serde_json::{Map, Value, json};

use crate::fake::{Fake, Fault, Running, SignIn};
use crate::folk;

/// The token of the server that requires one. It is not a secret: the README names it.
pub const TOKEN: &str = "let-me-in";

/// How a member is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberTransport {
    /// Streamable HTTP.
    Http,
    /// HTTP + SSE of revision 2024-11-05.
    Sse,
}

/// A running server of the fleet.
#[derive(Debug)]
pub struct Member {
    /// Its name in a list; the same at every start, and unlikely to be in use already.
    pub name: &'static str,
    /// How it is spoken to.
    pub wire: MemberTransport,
    /// Its address and its labels, as a user would set them.
    pub metadata: Map<String, Value>,
    /// It requires [`TOKEN`].
    pub asks_for_token: bool,
    kind: MemberKind,
    running: Running,
}

impl Member {
    /// The URL with the MCP path.
    pub fn url(&self) -> String {
        self.running.url()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.running.address().port()
    }
}

/// All six; they end when this is dropped.
#[derive(Debug)]
pub struct Fleet(Vec<Member>);

impl Fleet {
    /// Starts them on free ports of 127.0.0.1. If one cannot be, none is.
    pub async fn start() -> io::Result<Self> {
        let mut members = Vec::with_capacity(MemberKind::ALL.len());
        for kind in MemberKind::ALL {
            members.push(kind.start().await?);
        }
        Ok(Self(members))
    }

    /// Moves servers to other ports if their address is taken by another server.
    pub async fn move_away(&mut self, is_taken: impl Fn(&Member) -> bool) -> io::Result<()> {
        /// Two in a row on a taken port would be bad luck, this many an error.
        const TRIES: usize = 8;
        for member in &mut self.0 {
            let mut tries = 0;
            while is_taken(member) {
                tries += 1;
                if tries > TRIES {
                    return Err(io::ErrorKind::AddrInUse.into());
                }
                // The new one first: it cannot get the old port then.
                *member = member.kind.start().await?;
            }
        }
        Ok(())
    }

    /// The servers, in the order of the documentation.
    pub fn members(&self) -> &[Member] {
        &self.0
    }

    /// Ends them; nothing listens any more when this returns.
    pub async fn stop(self) {
        for member in self.0 {
            member.running.stop().await;
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum MemberKind {
    WeatherWestA,
    WeatherWestB,
    WeatherEurope,
    Parcels,
    Notes,
    Units,
}

impl MemberKind {
    const ALL: [Self; 6] = [
        Self::WeatherWestA,
        Self::WeatherWestB,
        Self::WeatherEurope,
        Self::Parcels,
        Self::Notes,
        Self::Units,
    ];

    async fn start(self) -> io::Result<Member> {
        // It can run for days, and its requests are never read.
        let fake = self.server().remembering(0).for_pages_of_this_computer();
        Ok(Member {
            name: self.name(),
            wire: if matches!(self, Self::Units) { MemberTransport::Sse } else { MemberTransport::Http },
            metadata: self.metadata(),
            asks_for_token: matches!(self, Self::Notes),
            kind: self,
            running: fake.try_start().await?,
        })
    }

    fn server(self) -> Fake {
        match self {
            Self::WeatherWestA | Self::WeatherWestB => Fake::both().with_persona(folk::weather("2.1.0")),
            Self::WeatherEurope => Fake::legacy().with_persona(folk::weather("2.0.3")),
            // A health check lists tools, so it sees the fault as calls do.
            Self::Parcels => Fake::both().with_persona(folk::parcels()).failing(Fault::OnceIn(3), "tools/"),
            Self::Notes => Fake::both().with_persona(folk::notes()).sign_in(SignIn::Token(TOKEN.to_owned())),
            Self::Units => Fake::sse().with_persona(folk::units()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::WeatherWestA => "demo-weather-a",
            Self::WeatherWestB => "demo-weather-b",
            Self::WeatherEurope => "demo-weather-eu",
            Self::Parcels => "demo-parcels",
            Self::Notes => "demo-notes",
            Self::Units => "demo-units",
        }
    }

    /// As in a `servers.json`.
    fn metadata(self) -> Map<String, Value> {
        let (region, priority, capacity) = match self {
            Self::WeatherWestA => ("us-west-2", 9, 4),
            Self::WeatherWestB => ("us-west-2", 8, 2),
            Self::WeatherEurope => ("eu-west-1", 5, 2),
            Self::Parcels => ("eu-west-1", 3, 1),
            Self::Notes | Self::Units => ("us-west-2", 1, 1),
        };
        let mut data = json!({
            "demo": true,
            "region": region,
            "priority": priority,
            "capacity": capacity,
            "max_concurrent": 100,
        });
        if let (Self::Notes, Some(fields)) = (self, data.as_object_mut()) {
            // Otherwise a token could not be sent, and sending one is part of the demo.
            fields.insert("note".to_owned(), format!("sign in with {TOKEN}").into());
        }
        data.as_object().cloned().unwrap_or_default()
    }
}
