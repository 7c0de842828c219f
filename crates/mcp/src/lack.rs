//! Resources that this process, or this computer, has run out of. A server that cannot be asked for such a reason may be
//! healthy.

use std::fmt;
use std::io;

/// A resource that has run out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Open files and connections.
    Files,
    /// Memory.
    Memory,
    /// Processes and threads.
    Processes,
}

impl Lack {
    /// The resource that an error of the system is about; `None` when it is about something else.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        match (error.raw_os_error(), error.kind()) {
            (Some(code), _) if NO_FILES.contains(&code) => Some(Self::Files),
            (Some(code), _) if NO_MEMORY.contains(&code) => Some(Self::Memory),
            (_, io::ErrorKind::OutOfMemory) => Some(Self::Memory),
            _ => None,
        }
    }

    /// The same for a process or a thread that did not start.
    pub(crate) fn of_start(error: &io::Error) -> Option<Self> {
        let is_none_left = error.kind() == io::ErrorKind::WouldBlock;
        Self::of(error).or(is_none_left.then_some(Self::Processes))
    }

    /// The resource that is missing now: a resolver that could not open a file only says that it found nothing.
    pub(crate) fn now() -> Option<Self> {
        std::net::UdpSocket::bind((std::net::Ipv4Addr::UNSPECIFIED, 0)).err().as_ref().and_then(Self::of)
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Files => {
                "MCP Discovery has as many files and connections open as this computer allows it; nothing was sent"
            }
            Self::Memory => "this computer has no memory left; nothing was sent",
            Self::Processes => "this computer allows no further process; nothing was sent",
        })
    }
}

#[cfg(unix)]
const NO_FILES: [i32; 2] = [libc::EMFILE, libc::ENFILE];
#[cfg(unix)]
const NO_MEMORY: [i32; 2] = [libc::ENOMEM, libc::ENOBUFS];

/// `ERROR_TOO_MANY_OPEN_FILES` and `WSAEMFILE`.
#[cfg(windows)]
const NO_FILES: [i32; 2] = [4, 10_024];
/// `ERROR_NOT_ENOUGH_MEMORY` and `WSAENOBUFS`.
#[cfg(windows)]
const NO_MEMORY: [i32; 2] = [8, 10_055];

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_what_is_missing_here_is_a_lack() {
        let of = |code| Lack::of(&io::Error::from_raw_os_error(code));
        assert_eq!((of(libc::EMFILE), of(libc::ENFILE)), (Some(Lack::Files), Some(Lack::Files)));
        assert_eq!((of(libc::ENOMEM), of(libc::ENOBUFS)), (Some(Lack::Memory), Some(Lack::Memory)));
        assert_eq!((of(libc::ECONNREFUSED), of(libc::EHOSTUNREACH), of(libc::EAGAIN)), (None, None, None));
        let start = |code| Lack::of_start(&io::Error::from_raw_os_error(code));
        assert_eq!((start(libc::EAGAIN), start(libc::ENOENT)), (Some(Lack::Processes), None));
        assert_eq!(Lack::now(), None);
    }
}
