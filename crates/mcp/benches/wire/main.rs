//! What a call on a kept conversation costs: ours beside rmcp's, over Streamable HTTP in both eras and over standard input and
//! output; the older HTTP + SSE beside our own HTTP; and what memory a kept conversation takes. The floor is the same bytes over
//! the same HTTP client or pipes, without a word of MCP: nobody who uses these is cheaper.
//!
//! The servers are another process, so that their work is not counted. `modern`, `legacy`, `stdio`, `sse` and `memory` behind
//! `--` choose parts; `legacy ours 10000` makes so many calls and no comparison, for a profiler.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot go on must fail, and it prints"
)]

use std::process::Stdio;
use std::sync::Arc;

use memory::{Sample, middle};
use talker::{Over, Talker, Whose};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::Mutex;

use crate::talker::ourselves;

mod memory;
mod peer;
mod talker;

// As the programs do it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each contender has its turn.
const ROUNDS: usize = 5;
/// How many call at once, and how many calls a turn has.
const LOADS: [(usize, usize); 2] = [(1, 1_000), (64, 4_480)];

fn main() {
    // `cargo bench` adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words == ["serve"] {
        return peer::serve();
    }
    if words == ["serve-stdio"] {
        return peer::over_stdio();
    }
    mcp::install_crypto();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        if let ["memory", over, whose, port] = words[..] {
            return memory::measure(Over::named(over), Whose::named(whose), port.parse().unwrap()).await;
        }
        let peer = peer::Process::start();
        let chosen = |part: &str| words.is_empty() || words.contains(&part);
        if let [over, whose @ ("ours" | "floor"), calls] = words[..] {
            let (over, whose) = (Over::named(over), Whose::named(whose));
            let talker = Arc::new(Talker::connect(over, whose, &over.url(peer.port)).await);
            memory::calls(&talker, 64, calls.parse().unwrap()).await;
            return;
        }
        calls(peer.port, chosen).await;
        if chosen("memory") {
            memory::all(peer.port).await;
        }
    });
}

async fn calls(port: u16, chosen: impl Fn(&str) -> bool) {
    println!(
        "one call on a kept conversation, medians of {ROUNDS} turns each, one after the other; rmcp with a pool of connections,\n\
         which it has not by itself (\"bare\"), and as many requests at once as there are callers"
    );
    println!(
        "{:<14} {:>7}  {:<10} {:>9} {:>9} {:>9}",
        "over", "callers", "whose", "p50 µs", "p99 µs", "CPU µs"
    );
    for over in [Over::Modern, Over::Legacy, Over::Stdio, Over::Sse] {
        let rivals: &[(Over, Whose)] = match over {
            Over::Stdio => &[(over, Whose::Rmcp), (over, Whose::Floor)],
            // rmcp has no such client.
            Over::Sse => &[(Over::Legacy, Whose::Ours)],
            _ => &[(over, Whose::Rmcp), (over, Whose::Bare), (over, Whose::Floor)],
        };
        if chosen(over.path()) {
            compare(port, &[&[(over, Whose::Ours)], rivals].concat()).await;
        }
    }
}

/// The first beside the others.
async fn compare(port: u16, contenders: &[(Over, Whose)]) {
    let mut talkers = Vec::new();
    for (over, whose) in contenders {
        let talker = Arc::new(Talker::connect(*over, *whose, &over.url(port)).await);
        memory::calls(&talker, 8, 400).await;
        talkers.push(talker);
    }
    for (callers, total) in LOADS {
        let mut samples = vec![Vec::new(); talkers.len()];
        for round in 0..ROUNDS {
            // Whoever begins has it a little colder.
            for turn in 0..talkers.len() {
                let place = (turn + round) % talkers.len();
                samples[place].push(memory::calls(&talkers[place], callers, total).await);
            }
        }
        let medians: Vec<Sample> = samples.iter().map(|samples| middle(samples)).collect();
        for ((over, whose), median) in contenders.iter().zip(&medians) {
            let Sample { p50, p99, cpu } = median;
            println!("{over:<14} {callers:>7}  {whose:<10} {p50:>9.1} {p99:>9.1} {cpu:>9.1}");
        }
        let (ours, theirs) = (&medians[0], &medians[1]);
        let (p50, cpu) = (ours.p50 / theirs.p50, ours.cpu / theirs.cpu);
        let against = contenders[1];
        let aim = if against.1 == Whose::Rmcp { "; the aim is 1.0 × and 0.6 × or less" } else { "" };
        println!(
            "  {p50:.2} × the p50 and {cpu:.2} × the CPU of {} over {}{aim}",
            against.1.name(),
            against.0.name()
        );
    }
    for talker in talkers {
        Arc::into_inner(talker).unwrap().close().await;
    }
}

const CALL: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"forecast","arguments":{"city":"Reykjavík","days":3}}}"#;
/// The text of the answer that every call gets.
const ANSWERED: &str = r#""content":["#;

pub(crate) enum Floor {
    Http {
        client: reqwest::Client,
        url: String,
    },
    /// One call after the other.
    Stdio(Box<Mutex<Pipes>>),
}

pub(crate) struct Pipes {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    line: String,
    _child: Child,
}

impl Floor {
    pub(crate) fn http(url: &str) -> Self {
        Self::Http { client: reqwest::Client::builder().no_proxy().build().unwrap(), url: url.to_owned() }
    }

    pub(crate) fn stdio() -> Self {
        let mut child = tokio::process::Command::new(ourselves())
            .arg("serve-stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self::Stdio(Box::new(Mutex::new(Pipes { stdin, stdout, line: String::new(), _child: child })))
    }

    pub(crate) async fn call(&self) {
        match self {
            Self::Http { client, url } => {
                let request = client
                    .post(url)
                    .header("content-type", "application/json")
                    .header("accept", "application/json, text/event-stream")
                    .header("mcp-protocol-version", "2025-11-25")
                    .body(CALL);
                let answer = request.send().await.unwrap().text().await.unwrap();
                assert!(answer.contains(ANSWERED), "{answer}");
            }
            Self::Stdio(pipes) => {
                let mut pipes = pipes.lock().await;
                pipes.stdin.write_all(CALL.as_bytes()).await.unwrap();
                pipes.stdin.write_all(b"\n").await.unwrap();
                let Pipes { stdout, line, .. } = &mut *pipes;
                line.clear();
                stdout.read_line(line).await.unwrap();
                assert!(line.contains(ANSWERED), "{line}");
            }
        }
    }
}
