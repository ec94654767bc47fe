//! One self-contained page: no network, no script but its own.

use askama::Template;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use crate::picture::Picture;

const SCRIPT: &str = include_str!("../templates/report.js");
const STYLE: &str = include_str!("../templates/report.css");

/// Everything in it is text until the page's own script makes text nodes of it; the policy in its
/// head lets no other script run.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    picture: &'a Picture,
    script: &'static str,
    style: &'static str,
    script_hash: String,
    style_hash: String,
}

/// The page.
///
/// # Errors
/// None that memory does not make.
pub fn html(picture: &Picture) -> Result<String, String> {
    let page = Page {
        picture,
        script: SCRIPT,
        style: STYLE,
        script_hash: hash(SCRIPT),
        style_hash: hash(STYLE),
    };
    page.render().map_err(|error| error.to_string())
}

/// As a content security policy names what it lets run.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}
