//! One walk through Envoy's requirement, with the request changing under way. Where a token's
//! outcome is not known the walk is repeated, once for each outcome.

use serde_json::{Map, Value};

use super::{
    claims,
    message::Message,
    provider::{Found, Provider},
    signature,
    status::Status,
    token::Token,
};
use crate::{
    decision::trace::{Outcome, Step, StepKind, Trace},
    model::{Attributes, jwt::jwks::Jwks},
};

/// Tokens of unknown outcome that are followed both ways; past that all is unknown.
const GUESSES: usize = 6;

/// What a walk reads and does not change.
pub(super) struct Facts<'a> {
    pub(super) providers: &'a [Provider<'a>],
    pub(super) now: Option<i64>,
    /// The token that the flow vouches for.
    pub(super) vouched: Option<&'a str>,
}

/// An assumed outcome of one provider's check of one token.
#[derive(Clone)]
struct Guess {
    provider: usize,
    token: String,
    good: bool,
}

/// A token whose outcome is not known and not yet guessed.
struct Ask {
    provider: usize,
    token: String,
    missing: Attributes,
}

/// How one walk ended.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) status: Status,
    /// The provider that the status is of.
    pub(super) provider: usize,
    /// The status is exactly the one a client sees.
    pub(super) exact: bool,
    /// The provider that verified, and the payload as stored.
    pub(super) verified: Option<(usize, Map<String, Value>)>,
    pub(super) message: Message<'a>,
    pub(super) trace: Trace,
}

/// Every walk that can happen, and what would settle which one does.
pub(super) struct Worlds<'a> {
    pub(super) all: Vec<World<'a>>,
    pub(super) missing: Attributes,
    /// There are more than were followed.
    pub(super) cut: bool,
}

/// Follows every outcome of every token that is not known.
pub(super) fn explore<'a>(facts: &Facts<'_>, message: &Message<'a>, trace: &Trace) -> Worlds<'a> {
    let mut worlds = Worlds { all: Vec::new(), missing: Attributes::NONE, cut: false };
    follow(facts, message, trace, &[], &mut worlds);
    worlds
}

fn follow<'a>(
    facts: &Facts<'_>,
    message: &Message<'a>,
    trace: &Trace,
    guesses: &[Guess],
    worlds: &mut Worlds<'a>,
) {
    let mut walk = Walk {
        facts,
        guesses,
        message: message.clone(),
        verified: None,
        exact: true,
        trace: trace.fresh(),
    };
    match walk.requirement() {
        Ok((status, provider)) => worlds.all.push(World {
            status,
            provider,
            exact: walk.exact,
            verified: walk.verified,
            message: walk.message,
            trace: walk.trace,
        }),
        Err(ask) => {
            worlds.missing = worlds.missing.union(ask.missing);
            if guesses.len() == GUESSES {
                worlds.cut = true;
                return;
            }
            for good in [true, false] {
                let guess = Guess { provider: ask.provider, token: ask.token.clone(), good };
                let more: Vec<Guess> = guesses.iter().cloned().chain([guess]).collect();
                follow(facts, message, trace, &more, worlds);
            }
        }
    }
}

struct Walk<'f, 'a> {
    facts: &'f Facts<'f>,
    guesses: &'f [Guess],
    message: Message<'a>,
    verified: Option<(usize, Map<String, Value>)>,
    exact: bool,
    trace: Trace,
}

impl Walk<'_, '_> {
    /// `any(P, allow_missing)` for one provider; for more
    /// `any(P0, …, all(any(P0, allow_missing), …))` (`policy_applier.go` convertToEnvoyJwtConfig).
    fn requirement(&mut self) -> Result<(Status, usize), Ask> {
        if self.facts.providers.len() == 1 {
            let status = self.provider(0, true)?;
            return Ok((missing_is_good(status), 0));
        }
        let mut answers = Vec::new();
        for index in 0..self.facts.providers.len() {
            match self.provider(index, true)? {
                Status::Good => return Ok((Status::Good, index)),
                status => answers.push((status, index)),
            }
        }
        answers.push(self.all()?);
        Ok(preferred(&answers))
    }

    /// Every provider has good tokens or none. Asked after `provider` has been asked already, and
    /// on a request from which good tokens may have been taken away.
    fn all(&mut self) -> Result<(Status, usize), Ask> {
        for index in 0..self.facts.providers.len() {
            let status = missing_is_good(self.provider(index, false)?);
            if status != Status::Good {
                return Ok((status, index));
            }
        }
        Ok((Status::Good, 0))
    }

    /// Checks every token at the places of one provider, the last first; the first that fails
    /// fails the provider (authenticator.cc doneWithStatus).
    fn provider(&mut self, index: usize, tell: bool) -> Result<Status, Ask> {
        let Some(provider) = self.facts.providers.get(index) else { return Ok(Status::Missed) };
        provider.sanitize(&mut self.message);
        let mut status = Status::Missed;
        for found in provider.extract(&self.message).iter().rev() {
            status = match self.check(index, provider, &found.text)? {
                Ok(token) => {
                    provider.accept(&mut self.message, &token, &found.location);
                    let named = &provider.settings.space_delimited_claims;
                    self.verified = Some((index, claims::stored(token.payload, named)));
                    Status::Good
                }
                Err(status) => status,
            };
            if tell {
                self.tell(provider, Some(found), status);
            }
            if status != Status::Good {
                return Ok(status);
            }
        }
        if tell && status == Status::Missed {
            self.tell(provider, None, status);
        }
        Ok(status)
    }

    /// One token: form, issuer, time, audience, signature, in this order
    /// (authenticator.cc startVerify).
    fn check(
        &mut self,
        index: usize,
        provider: &Provider<'_>,
        text: &str,
    ) -> Result<Result<Token, Status>, Ask> {
        let token = match Token::parse(text) {
            Ok(token) => token,
            Err(status) => return Ok(Err(status)),
        };
        let rule = provider.settings;
        if !rule.issuer.is_empty() && rule.issuer != token.issuer {
            return Ok(Err(Status::UnknownIssuer));
        }
        let mut missing = Attributes::NONE;
        match token.at(self.facts.now) {
            Some(Ok(())) => {}
            Some(Err(status)) => return Ok(Err(status)),
            None => missing = Attributes::NOW,
        }
        // From here on a failure is sure; which of two it is may not be.
        let exact = missing.is_empty();
        if !token.is_for(&rule.audiences) {
            self.exact &= exact;
            return Ok(Err(Status::AudienceNotAllowed));
        }
        match self.signed(provider, &token, text) {
            Ok(Status::Good) => {}
            Ok(status) => {
                self.exact &= exact;
                return Ok(Err(status));
            }
            Err(more) => missing = missing.union(more),
        }
        if missing.is_empty() {
            return Ok(Ok(token));
        }
        match self.guesses.iter().find(|g| g.provider == index && g.token == text) {
            Some(guess) if guess.good => Ok(Ok(token)),
            Some(_) => {
                self.exact = false;
                Ok(Err(Status::VerificationFails))
            }
            None => Err(Ask { provider: index, token: text.to_owned(), missing }),
        }
    }

    /// Whether a key signed it; what is missing to tell.
    fn signed(
        &self,
        provider: &Provider<'_>,
        token: &Token,
        text: &str,
    ) -> Result<Status, Attributes> {
        if self.facts.vouched == Some(text) {
            return Ok(Status::Good);
        }
        match &provider.settings.keys {
            Some(Jwks::Keys(keys)) => Ok(signature::check(token, keys)),
            Some(Jwks::Refused(_) | Jwks::Unread(_)) | None => Err(Attributes::JWKS),
        }
    }

    fn tell(&mut self, provider: &Provider<'_>, found: Option<&Found>, status: Status) {
        let issuer = &provider.settings.issuer;
        self.trace.step(|| Step {
            kind: StepKind::Rule,
            outcome: match status {
                Status::Good => Outcome::Matched,
                _ => Outcome::NotMatched,
            },
            text: match (found, status) {
                (None, _) => format!("issuer `{issuer}`: no token"),
                (Some(found), Status::Good) => {
                    format!("issuer `{issuer}`: the token in {} is good", found.location)
                }
                (Some(found), status) => {
                    format!("issuer `{issuer}`: {}: {}", found.location, status.text())
                }
            },
            policy: Some(provider.policy),
            rule: Some(provider.rule),
            place: None,
        });
    }
}

fn missing_is_good(status: Status) -> Status {
    if status == Status::Missed { Status::Good } else { status }
}

/// The answer of `any` when nobody accepts: the last that is about a token of its own, else
/// "unknown issuer", else "missing" (verifier.cc `AnyVerifierImpl`).
fn preferred(answers: &[(Status, usize)]) -> (Status, usize) {
    let mut best = (Status::Missed, 0);
    for (status, provider) in answers {
        if *status == Status::Good {
            return (Status::Good, *provider);
        }
        if status.is_about_a_token() || best.0 == Status::Missed {
            best = (*status, *provider);
        }
    }
    best
}
