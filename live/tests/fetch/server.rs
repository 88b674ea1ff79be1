//! A local archive: files with their sums, and what goes wrong with each answer.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use futures_util::{StreamExt as _, stream};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

/// What goes wrong with an answer.
#[derive(Clone, Debug)]
pub enum Wrong {
    /// It is refused with this status, and this header where it has one.
    Refused(u16, Option<(&'static str, &'static str)>),
    /// It ends behind so many bytes.
    CutOff(usize),
    /// One of its bytes is another one.
    Flipped,
    /// It is whole, whatever part was asked for.
    Whole,
}

#[derive(Default)]
pub struct Shelf {
    files: BTreeMap<String, Vec<u8>>,
    /// What goes wrong with the next answers, by path.
    pub wrong: BTreeMap<String, VecDeque<Wrong>>,
    /// What was asked for, and from which byte on.
    pub asked: Vec<(String, Option<String>)>,
}

pub type Shared = Arc<Mutex<Shelf>>;

pub struct Archive {
    shelf: Shared,
    pub base: String,
}

pub fn sum_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Archive {
    pub async fn open() -> Self {
        let shelf = Shared::default();
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shelf));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { shelf, base }
    }

    pub fn look(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap()
    }

    /// Puts a file there with its sum; its path and what is in it.
    pub fn put(&self, kind: &str, tag: &str) -> (String, Vec<u8>) {
        self.put_in("futures/um", kind, tag)
    }

    pub fn put_in(&self, market: &str, kind: &str, tag: &str) -> (String, Vec<u8>) {
        let name = format!("FILUSDT-1m-{tag}.zip");
        let path = format!("/data/{market}/{kind}/klines/FILUSDT/1m/{name}");
        // Long enough to be cut.
        let bytes: Vec<u8> = format!("{market} {tag} ").into_bytes().repeat(2_000);
        let sum = format!("{}  {name}\n", sum_of(&bytes));
        let mut shelf = self.look();
        shelf.files.insert(format!("{path}.CHECKSUM"), sum.into_bytes());
        shelf.files.insert(path.clone(), bytes.clone());
        (path, bytes)
    }

    pub fn goes_wrong(&self, path: &str, how: impl IntoIterator<Item = Wrong>) {
        self.look().wrong.insert(path.to_owned(), how.into_iter().collect());
    }

    /// From which bytes on a path was asked for, in order.
    pub fn ranges(&self, path: &str) -> Vec<Option<String>> {
        let shelf = self.look();
        let of = shelf.asked.iter().filter(|(asked, _)| asked == path);
        of.map(|(_, range)| range.clone()).collect()
    }
}

async fn answer(State(shelf): State<Shared>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let mut shelf = shelf.lock().unwrap();
    let path = uri.path().to_owned();
    let range = headers.get("range").map(|value| value.to_str().unwrap().to_owned());
    shelf.asked.push((path.clone(), range.clone()));
    let wrong = shelf.wrong.get_mut(&path).and_then(VecDeque::pop_front);
    let plain = |status: u16| Response::builder().status(status);
    if let Some(Wrong::Refused(status, header)) = wrong {
        let answer = plain(status);
        let answer = match header {
            Some((name, value)) => answer.header(name, value),
            None => answer,
        };
        return answer.body(Body::empty()).unwrap();
    }
    let Some(mut bytes) = shelf.files.get(&path).cloned() else {
        return plain(404).body(Body::from("<Code>NoSuchKey</Code>")).unwrap();
    };
    if matches!(wrong, Some(Wrong::Flipped)) {
        bytes[7] ^= 1;
    }
    let from = range.filter(|_| !matches!(wrong, Some(Wrong::Whole)));
    let from = from.map(|range| {
        let first = range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap();
        first.parse::<usize>().unwrap()
    });
    let all = bytes.len();
    if from.is_some_and(|from| from >= all) {
        return plain(416).body(Body::empty()).unwrap();
    }
    let answer = match from {
        Some(from) => {
            let range = format!("bytes {from}-{}/{all}", all - 1);
            plain(StatusCode::PARTIAL_CONTENT.as_u16()).header("content-range", range)
        }
        None => plain(200),
    };
    let rest = bytes.split_off(from.unwrap_or(0));
    let answer = answer.header("content-length", rest.len());
    let body = match wrong {
        Some(Wrong::CutOff(at)) => {
            let first = stream::iter([Ok(Bytes::copy_from_slice(&rest[..at]))]);
            // What came before the end is sent while the end is awaited.
            let end = stream::once(async {
                tokio::task::yield_now().await;
                Err(io::Error::other("cut off"))
            });
            Body::from_stream(first.chain(end))
        }
        _ => Body::from(rest),
    };
    answer.body(body).unwrap()
}
