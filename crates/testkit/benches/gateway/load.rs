//! Clients that call as fast as they are answered, and what that took.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::idle::cpu;
use crate::words::{Era, MARK, Way, header, whole};

/// Each client has called so often before it is measured.
const WARM: usize = 8;
const MOST_ATTEMPTS: usize = 1_000;

/// One turn. Times are in microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Of those who stand between, for each call.
    pub(crate) cpu: f64,
}

/// What is asked again and again.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    Call(String),
    List,
}

/// A connection that stays open.
pub(crate) struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    pub(crate) async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    /// Sends a request and reads the answer to its end; the whole of it.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> std::io::Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if whole(&self.buffer).is_some() {
                return Ok(&self.buffer);
            }
        }
    }

    /// Begins a session.
    pub(crate) async fn greet(&mut self, way: &Way) -> std::io::Result<Option<String>> {
        if way.era == Era::Modern {
            return Ok(None);
        }
        let met = self.exchange(&way.initialize()).await?;
        let head = &met[..whole(met).unwrap().head];
        let session = header(head, "mcp-session-id").map(str::to_owned);
        let session = session.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(met)));
        self.exchange(&way.initialized(&session)).await?;
        Ok(Some(session))
    }

    /// Whether the other side has not closed it.
    pub(crate) fn is_open(&self) -> bool {
        let read = self.stream.try_read(&mut [0; 1]);
        read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }

    /// Gives back the memory that an answer took.
    pub(crate) fn rests(mut self) -> Self {
        self.buffer = Vec::new();
        self
    }
}

/// A client with a connection of its own.
struct LoadCaller {
    line: Line,
    session: Option<String>,
    request: Vec<u8>,
}

impl LoadCaller {
    /// Ready to be measured. Where its connection is closed to make room for another, it comes back.
    async fn warm(way: &Way, question: &Question, id: u32) -> Self {
        for _ in 0..MOST_ATTEMPTS {
            if let Ok(caller) = Self::begun(way, question, id).await {
                return caller;
            }
        }
        panic!("its connection was closed {MOST_ATTEMPTS} times")
    }

    async fn begun(way: &Way, question: &Question, id: u32) -> std::io::Result<Self> {
        let mut line = Line::open(way.port).await;
        let session = line.greet(way).await?;
        let (request, mark) = match question {
            Question::Call(tool) => (way.call(id, tool, session.as_deref()), MARK),
            Question::List => {
                (way.request(id, "tools/list", "{}", session.as_deref()), b"\"tools\"".as_slice())
            }
        };
        for _ in 0..WARM {
            let answer = line.exchange(&request).await?;
            let is_right = answer.windows(mark.len()).any(|part| part == mark);
            assert!(is_right, "{}", String::from_utf8_lossy(answer));
        }
        Ok(Self { line, session, request })
    }

    /// How long each call took, in microseconds.
    async fn calls(&mut self, lasting: Duration) -> Vec<f64> {
        let (mut took, mut began) = (Vec::with_capacity(1 << 16), Instant::now());
        let end = began + lasting;
        while began < end {
            let answer = self.line.exchange(&self.request).await.unwrap();
            assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(answer));
            let now = Instant::now();
            took.push((now - began).as_secs_f64() * 1e6);
            began = now;
        }
        took
    }
}

/// So many callers for so long; `between` are the processes whose time is counted.
pub(crate) async fn turn(
    way: &Way,
    question: &Question,
    callers: u32,
    lasting: Duration,
    between: &[u32],
) -> Sample {
    // All begin at once, when the time so far was read.
    let barrier = || Arc::new(Barrier::new(callers as usize + 1));
    let (ready, go) = (barrier(), barrier());
    let mut tasks = JoinSet::new();
    for id in 1..=callers {
        let (way, question, ready, go) = (way.clone(), question.clone(), ready.clone(), go.clone());
        tasks.spawn(async move {
            let mut caller = LoadCaller::warm(&way, &question, id).await;
            ready.wait().await;
            go.wait().await;
            (caller.calls(lasting).await, caller)
        });
    }
    tokio::select! {
        _ = ready.wait() => {}
        Some(Err(failed)) = tasks.join_next() => panic!("{failed}"),
    }
    let (before, began) = (cpu(between), Instant::now());
    go.wait().await;
    let (mut took, mut ended) = (Vec::new(), Vec::new());
    while let Some(one) = tasks.join_next().await {
        let (of_one, caller) = one.unwrap();
        took.extend(of_one);
        ended.push(caller);
    }
    let (cpu, seconds) = (cpu(between).saturating_sub(before), began.elapsed().as_secs_f64());
    for LoadCaller { mut line, session, .. } in ended {
        if let Some(session) = session {
            line.exchange(&way.delete(&session)).await.unwrap();
        }
    }
    sample(took, seconds, cpu)
}

fn sample(mut took: Vec<f64>, seconds: f64, cpu: Duration) -> Sample {
    took.sort_by(f64::total_cmp);
    let calls = took.len() as f64;
    Sample {
        per_second: calls / seconds,
        p50: took[took.len() / 2],
        p99: took[took.len() * 99 / 100],
        cpu: cpu.as_secs_f64() * 1e6 / calls,
    }
}

/// Each figure's own median.
pub(crate) fn middle(samples: &[Sample]) -> Sample {
    let of = |figure: fn(&Sample) -> f64| median(samples.iter().map(figure).collect());
    Sample {
        per_second: of(|one| one.per_second),
        p50: of(|one| one.p50),
        p99: of(|one| one.p99),
        cpu: of(|one| one.cpu),
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
