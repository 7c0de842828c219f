//! A person agrees to a certificate that nobody vouches for, and is told when it changes. By keyboard.

use testkit::fake::Fake;
use testkit::secured::{CertificateFault, Secured, ServerCertificate};

use crate::page::{Page, Role};
use crate::window;

/// WebDriver's code for the key.
const ENTER: char = '\u{E007}';

/// Presses a button as people without a mouse do.
async fn press(page: &Page, name: &str) {
    let button = page.find(Role::Button, name).await;
    button.send_keys(&ENTER.to_string()).await.expect("a key can be pressed");
}

#[tokio::test]
async fn a_certificate_is_agreed_to_and_refused_when_it_changes() {
    let server = Fake::modern().start().await;
    let secured =
        Secured::before(server.address(), ServerCertificate::self_signed(CertificateFault::WrongName)).await;
    let url = secured.url("localhost", "/mcp");
    let window = window::open().await;
    let page = &window.page;

    press(page, "Add by URL").await;
    let field = page.find(Role::Textbox, "Address").await;
    field.send_keys(&format!("{url}{ENTER}")).await.expect("the field can be typed into");
    page.says("Its certificate is not trusted").await;
    page.says("It is self-signed: nobody but itself vouches for it.").await;
    page.says("It is for elsewhere.example, not for localhost.").await;
    window.keep_picture("certificate-1-asked").await;
    press(page, "Trust this certificate").await;
    page.says("Healthy").await;
    press(page, "Open in Servers").await;
    page.says("Agreed to:").await;
    window.keep_picture("certificate-2-agreed").await;

    secured.change(ServerCertificate::self_signed(CertificateFault::WrongName));
    press(page, "Check now").await;
    page.says("Its certificate has changed").await;
    page.says("The one that was agreed to").await;
    page.says("The one that is shown now").await;
    window.keep_picture("certificate-3-changed").await;
    press(page, "Trust the new certificate").await;
    page.says("Healthy").await;
}
