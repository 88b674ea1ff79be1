//! A Match-Trader server to run against, written from what is known of such servers and not
//! from this program's client, which it neither knows nor is known to.
//!
//! Behind it stands an [`Exchange`](crate::exchange::Exchange), which keeps the truth. The
//! server adds what a client has to cope with: tokens and cookies, both spellings of a login,
//! amounts that are texts or numbers, limits, replies that get lost, and faults on command or
//! by seed ([`Desk::order`], [`Desk::set_rates`], or a [`SimCommand`] posted to `/control`).
//!
//! Time is the clock that the [`Desk`] was given, which may run faster than real time or be
//! moved by a test. Late replies alone wait in real time.
//!
//! A request may carry a header `x-intent` with a number, by which the truth knows what was
//! meant once; real venues have nothing like it, and the server decides nothing by it.

mod body;
mod control;
mod desk;
mod door;
mod handler;
mod line;
mod options;
mod render;
mod reply;
mod spell;
mod token;
mod wire;

use std::future::Future;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{MethodRouter, get, post};
use tokio::net::TcpListener;

pub use control::SimCommand;
pub use desk::{Desk, SimCensus, SimClock};
pub use options::{
    AccountsWording, NumberWording, OmittedLevel, RateRules, RateScope, RefreshAnswer,
    RefusalWording, SimLogin, SimOptions, SystemPlace, Wording,
};

use crate::exchange::VenueCall;

/// How long open connections may finish what they are at when the server ends.
const GRACE: Duration = Duration::from_millis(500);

fn asking(call: VenueCall) -> MethodRouter<Desk> {
    get(move |State(desk): State<Desk>, request: Request| handler::answer(desk, call, request))
}

fn telling(call: VenueCall) -> MethodRouter<Desk> {
    post(move |State(desk): State<Desk>, request: Request| handler::answer(desk, call, request))
}

fn router(desk: Desk) -> Router {
    let mut router = Router::new()
        .route("/manager/platform-details", asking(VenueCall::Details))
        .route("/control", post(control::endpoint));
    for (path, _) in door::LOGINS {
        router = router.route(path, telling(VenueCall::LogIn));
    }
    for path in door::REFRESHES {
        router = router.route(path, telling(VenueCall::Refresh));
    }
    let calls = [
        ("balance", asking(VenueCall::Balance)),
        ("effective-instruments", asking(VenueCall::Instruments)),
        ("quotations", asking(VenueCall::Quotes)),
        ("candles", asking(VenueCall::Candles)),
        ("open-positions", asking(VenueCall::Positions)),
        ("active-orders", asking(VenueCall::Orders)),
        ("closed-positions", telling(VenueCall::Closed)),
        ("position/open", telling(VenueCall::Open)),
        ("position/edit", telling(VenueCall::EditPosition)),
        ("position/close", telling(VenueCall::Close)),
        ("position/close-partially", telling(VenueCall::ClosePart)),
        ("positions/close", telling(VenueCall::CloseMany)),
        ("pending-order/create", telling(VenueCall::CreateOrder)),
        ("pending-order/edit", telling(VenueCall::EditOrder)),
        ("pending-order/cancel", telling(VenueCall::CancelOrder)),
    ];
    for (path, route) in calls {
        router = router.route(&format!("/mtr-api/{{system}}/{path}"), route);
    }
    router.with_state(desk)
}

/// Serves until `shutdown` is over, and a moment longer for what is under way.
pub async fn serve(
    listener: TcpListener,
    desk: Desk,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let app = router(desk).into_make_service_with_connect_info::<line::LineSwitch>();
    let (over, ends) = tokio::sync::oneshot::channel();
    let ending = async move {
        shutdown.await;
        // Nobody waits for it where the server has ended already.
        let _gone = over.send(());
    };
    let served = axum::serve(line::LineListener(listener), app).with_graceful_shutdown(ending);
    tokio::select! {
        ended = async move { served.await } => ended,
        () = async move {
            // Without a word the server runs on.
            if ends.await.is_ok() {
                tokio::time::sleep(GRACE).await;
            } else {
                std::future::pending::<()>().await;
            }
        } => Ok(()),
    }
}
