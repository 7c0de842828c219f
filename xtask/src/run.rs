//! `cargo xtask run`: from a bare machine to the app.

use std::ffi::OsString;
use std::io::BufRead;
use std::process::{Command, ExitCode, Stdio};

use crate::command::{Profile, RunOptions, ShownIn};
use crate::needs::{BUILD, WINDOW};
use crate::workspace::{Stop, TaskResult, Workspace, failed};
use crate::{install, node, ui, workspace};

const LISTEN: &str = "127.0.0.1:8090";

/// Installs what is missing, builds the interface and opens it.
pub(crate) fn run(workspace: &Workspace, options: &RunOptions) -> TaskResult<ExitCode> {
    let mut workspace = workspace.clone();
    match options.face {
        ShownIn::Window => {
            ensure_display()?;
            install::ensure(&workspace, BUILD.iter().chain(WINDOW))?;
        }
        ShownIn::Browser => install::ensure(&workspace, BUILD)?,
    }
    node::ensure(&mut workspace)?;
    ui::ensure_built(&workspace)?;
    match options.face {
        ShownIn::Window => open(&workspace, options),
        ShownIn::Browser => serve(&workspace, options),
    }
}

fn open(workspace: &Workspace, options: &RunOptions) -> TaskResult<ExitCode> {
    let mut program = build(workspace, options.profile, "mcp-discovery-app", "mcp-discovery-app")?;
    eprintln!("Opening the window");
    become_program(program.args(&options.rest))
}

/// Serves the interface; a second copy of this program reads the line that says where, and prints the address.
fn serve(workspace: &Workspace, options: &RunOptions) -> TaskResult<ExitCode> {
    let mut program = build(workspace, options.profile, "mcp-discovery", "mcp-discovery")?;
    let this = std::env::current_exe().map_err(failed("find this program"))?;
    let reader = workspace.command(this).arg("print-address").stdin(Stdio::piped()).spawn();
    let mut reader = reader.map_err(failed("start the reader"))?;
    program.arg("serve").args(listen(&options.rest)).args(&options.rest);
    if let Some(pipe) = reader.stdin.take() {
        program.stdout(pipe);
    }
    become_program(&mut program)
}

fn listen(rest: &[OsString]) -> &'static [&'static str] {
    let given = rest.iter().any(|argument| argument.to_string_lossy().starts_with("--listen"));
    if given { &[] } else { &["--listen", LISTEN] }
}

/// Reads the lines of `mcp-discovery serve` until it ends, and prints the address to open.
pub(crate) fn print_address() -> TaskResult<ExitCode> {
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(failed("read what `mcp-discovery serve` says"))?;
        match (text_field(&line, "listening"), text_field(&line, "token_file")) {
            (Some(address), Some(file)) => {
                let token = install::text_of(file.as_ref())?;
                println!("Open {address}/#token={}", token.trim());
            }
            _ => println!("{line}"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A text in the one-line JSON object that `serve` prints. Paths and addresses; only `\\` and `\"` are escaped there.
fn text_field(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("\"{name}\""))?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let mut text = String::new();
    let mut letters = rest.chars();
    loop {
        match letters.next()? {
            '"' => return Some(text),
            '\\' => text.push(letters.next()?),
            letter => text.push(letter),
        }
    }
}

fn build(workspace: &Workspace, profile: Profile, package: &str, program: &str) -> TaskResult<Command> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--package", package, "--bin", program]);
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Release => {
            cargo.arg("--release");
            "release"
        }
    };
    eprintln!("Building {program}");
    workspace::run(&mut cargo)?;
    Ok(workspace.command(workspace.built(folder, program)))
}

/// Signals and the exit code are then the program's own.
#[cfg(unix)]
fn become_program(program: &mut Command) -> TaskResult<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(failed("start the program")(program.exec()))
}

#[cfg(not(unix))]
fn become_program(program: &mut Command) -> TaskResult<ExitCode> {
    workspace::run(program).map(|()| ExitCode::SUCCESS)
}

fn ensure_display() -> TaskResult {
    let somewhere = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if somewhere || cfg!(not(target_os = "linux")) {
        return Ok(());
    }
    Err(Stop::Failed("there is no display to open a window on; try `cargo xtask run --headless`".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_line() {
        let line = r#"{"listening":"http://127.0.0.1:8090","token_file":"/srv/a \"b\"/token"}"#;
        assert_eq!(text_field(line, "listening").as_deref(), Some("http://127.0.0.1:8090"));
        assert_eq!(text_field(line, "token_file").as_deref(), Some(r#"/srv/a "b"/token"#));
        assert_eq!(text_field("draining", "listening"), None);
    }

    #[test]
    fn a_port_that_was_asked_for_is_taken() {
        assert_eq!(listen(&[]), ["--listen", LISTEN]);
        assert!(listen(&["--listen=127.0.0.1:0".into()]).is_empty());
    }
}
