//! What the frame of a window does, where no window manager draws one.

use x11rb::connection::Connection;
use x11rb::errors::ReplyOrIdError;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, InputFocus, MapState};

/// Takes the keyboard from every window, as another program's does when one goes over to it.
pub(crate) fn take_the_keyboard() -> Result<(), ReplyOrIdError> {
    let (display, _) = x11rb::connect(None).expect("a screen");
    display.set_input_focus(InputFocus::NONE, x11rb::NONE, x11rb::CURRENT_TIME)?.check()?;
    Ok(())
}

/// Sends `WM_DELETE_WINDOW` (ICCCM, 4.2.8.1) to every window on the screen.
pub(crate) fn ask_to_close() -> Result<(), ReplyOrIdError> {
    let (display, screen) = x11rb::connect(None).expect("a screen");
    let protocols = display.intern_atom(false, b"WM_PROTOCOLS")?.reply()?.atom;
    let delete = display.intern_atom(false, b"WM_DELETE_WINDOW")?.reply()?.atom;
    let root = display.setup().roots[screen].root;
    for window in display.query_tree(root)?.reply()?.children {
        let heeded = display.get_property(false, window, protocols, AtomEnum::ATOM, 0, 16)?.reply()?;
        let heeds = heeded.value32().is_some_and(|mut atoms| atoms.any(|atom| atom == delete));
        if heeds && display.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE {
            let event =
                ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
            display.send_event(false, window, EventMask::NO_EVENT, event)?;
        }
    }
    display.flush()?;
    Ok(())
}
