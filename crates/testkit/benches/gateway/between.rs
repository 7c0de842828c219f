//! Who stands between the clients and the servers.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

use tempfile::TempDir;
use testkit::real::{fastmcp_proxy, free_port};
use testkit::served::{RealServer, ServedCommand};

use crate::fixture::{Core, FORECAST, Fixture, LEGACY_FORECAST, STDIO_FORECAST};
use crate::words::{Era, Way};

pub(crate) const DIRECT: &str = "direct";
pub(crate) const NGINX: &str = "nginx";
/// The libraries that ours stands on, alone.
pub(crate) const FLOOR: &str = "hyper alone";
pub(crate) const FASTMCP: &str = "fastmcp proxy";
pub(crate) const MODERN: &str = "ours, modern";
pub(crate) const LEGACY: &str = "ours, legacy";

/// Somebody through whom calls go.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) way: Way,
    pub(crate) tool: &'static str,
    process: Process,
}

/// Whose time is counted.
enum Process {
    None,
    /// With the workers that it has started.
    Server(RealServer),
    /// Alone: a child of ours is a server.
    Ours(u32),
}

impl Contender {
    fn direct(fixture: &Fixture) -> Self {
        let way = Way { port: fixture.modern[0], era: Era::Modern, token: None };
        Self { name: DIRECT, way, tool: FORECAST, process: Process::None }
    }

    async fn other(name: &'static str, command: &ServedCommand, address: SocketAddr) -> Self {
        let server = RealServer::start(command, address, "/mcp").await.unwrap();
        let way = Way { port: address.port(), era: Era::Modern, token: None };
        Self { name, way, tool: FORECAST, process: Process::Server(server) }
    }

    pub(crate) fn ours(core: &Core, name: &'static str) -> Self {
        let (era, tool) = match name {
            MODERN => (Era::Modern, FORECAST),
            LEGACY => (Era::Legacy, LEGACY_FORECAST),
            _ => (Era::Modern, STDIO_FORECAST),
        };
        Self { name, way: core.way(era), tool, process: Process::Ours(core.pid()) }
    }

    pub(crate) fn processes(&self) -> Vec<u32> {
        match &self.process {
            Process::None => Vec::new(),
            Process::Server(server) => server.processes(),
            Process::Ours(pid) => vec![*pid],
        }
    }
}

/// All that are on this machine; who is not is named. Their files are in the folder.
pub(crate) async fn all(fixture: &Fixture, core: &Core, folder: &TempDir) -> Vec<Contender> {
    let mut all = vec![Contender::direct(fixture)];
    for (name, configuration, version) in
        [(NGINX, nginx as fn(&Fixture, &Path, SocketAddr) -> ServedCommand, "-v"), ("haproxy", haproxy, "-v")]
    {
        let Ok(said) = Command::new(name).arg(version).output() else {
            println!("{name} is skipped: it is not installed");
            continue;
        };
        // One of the two says it on standard error.
        let said = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
        println!("{}", said.lines().next().unwrap_or_default());
        let address = free_port(Ipv4Addr::LOCALHOST).unwrap();
        let command = configuration(fixture, folder.path(), address);
        all.push(Contender::other(name, &command, address).await);
    }
    let address = free_port(Ipv4Addr::LOCALHOST).unwrap();
    all.push(Contender::other(FLOOR, &floor(fixture, address), address).await);
    let address = free_port(Ipv4Addr::LOCALHOST).unwrap();
    match fastmcp_proxy(&format!("http://127.0.0.1:{}/mcp", fixture.modern[0]), address) {
        Ok(command) => all.push(Contender::other(FASTMCP, &command, address).await),
        Err(why) => println!("{FASTMCP} is skipped: {why}"),
    }
    all.extend([MODERN, LEGACY, "ours, stdio"].map(|name| Contender::ours(core, name)));
    println!("{} workers each for nginx, haproxy and ours; nobody writes an access log\n", workers());
    all
}

fn floor(fixture: &Fixture, address: SocketAddr) -> ServedCommand {
    let ports = fixture.modern.iter().map(u16::to_string);
    ServedCommand {
        program: std::env::current_exe().unwrap().to_string_lossy().into_owned(),
        args: ["pass-on".to_owned(), address.to_string()].into_iter().chain(ports).collect(),
    }
}

/// As many as ours has.
fn workers() -> usize {
    available_parallelism().unwrap().get()
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

/// Connections are kept on both sides, and nothing is written to disk. Events must pass at once, so answers are not buffered.
fn nginx(fixture: &Fixture, folder: &Path, address: SocketAddr) -> ServedCommand {
    let (workers, at) = (workers(), folder.display());
    let servers = fixture.modern.iter().map(|port| format!("server 127.0.0.1:{port};"));
    let servers = servers.collect::<Vec<_>>().join(" ");
    let text = format!(
        "worker_processes {workers};\ndaemon off;\npid {at}/nginx.pid;\nerror_log stderr crit;\n\
         events {{ worker_connections 16384; }}\n\
         http {{\n access_log off;\n tcp_nodelay on;\n keepalive_timeout 300s;\n keepalive_requests 1000000000;\n \
         client_body_buffer_size 64k;\n client_body_temp_path {at}/body;\n proxy_temp_path {at}/proxy;\n \
         fastcgi_temp_path {at}/fastcgi;\n uwsgi_temp_path {at}/uwsgi;\n scgi_temp_path {at}/scgi;\n \
         upstream servers {{ {servers} keepalive 128; keepalive_requests 1000000000; keepalive_timeout 300s; }}\n \
         server {{\n  listen {address};\n  location / {{\n   proxy_pass http://servers;\n   proxy_http_version 1.1;\n   \
         proxy_set_header Connection \"\";\n   proxy_buffering off;\n  }}\n }}\n}}\n"
    );
    let file = written(folder, "nginx.conf", &text);
    ServedCommand {
        program: NGINX.to_owned(),
        args: vec!["-p".to_owned(), at.to_string(), "-c".to_owned(), file],
    }
}

fn haproxy(fixture: &Fixture, folder: &Path, address: SocketAddr) -> ServedCommand {
    let servers = fixture.modern.iter().map(|port| format!(" server s{port} 127.0.0.1:{port}\n"));
    let servers = servers.collect::<Vec<_>>().concat();
    let text = format!(
        "global\n maxconn 4000\n nbthread {}\n\
         defaults\n mode http\n timeout connect 5s\n timeout client 300s\n timeout server 300s\n \
         timeout http-keep-alive 300s\n option http-keep-alive\n http-reuse always\n\
         frontend clients\n bind {address}\n default_backend servers\n\
         backend servers\n balance roundrobin\n{servers}",
        workers()
    );
    let file = written(folder, "haproxy.cfg", &text);
    ServedCommand { program: "haproxy".to_owned(), args: vec!["-db".to_owned(), "-f".to_owned(), file] }
}
