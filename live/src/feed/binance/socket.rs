//! One connection of streams: bytes in, words out, nothing decided.

use core::time::Duration;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

/// Longest message that is taken.
const LONGEST: usize = 16 << 20;

/// What a connection has to say.
#[derive(Debug)]
pub(crate) enum SocketNews {
    /// It is open.
    Up,
    /// A message came.
    Message(Utf8Bytes),
    /// A ping or a pong came.
    Sign,
    /// It is over.
    Down(String),
}

/// What a connection is asked to do; it closes where nobody can ask any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SendPing;

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// An address that is connected to.
pub(super) struct SocketAddress {
    pub number: u64,
    pub url: String,
    pub tls: Arc<ClientConfig>,
}

/// Opens a connection and tells what it brings, until it ends or is not wanted any more.
pub(super) async fn run_socket(
    address: SocketAddress,
    timeout: Duration,
    tell: mpsc::Sender<(u64, SocketNews)>,
    mut asked: mpsc::Receiver<SendPing>,
) {
    let number = address.number;
    let opened = tokio::time::timeout(timeout, open(&address)).await;
    let why = match opened {
        Ok(Ok(mut socket)) => match tell.send((number, SocketNews::Up)).await {
            Ok(()) => {
                let why = listen(number, &mut socket, &tell, &mut asked).await;
                // Whoever is not there any more need not hear that it is over.
                let _ = tokio::time::timeout(timeout, socket.close(None)).await;
                why
            }
            Err(_) => return,
        },
        Ok(Err(why)) => why,
        Err(_) => "it could not be opened in time".to_owned(),
    };
    // Nobody may listen any more.
    let _ = tell.send((number, SocketNews::Down(why))).await;
}

async fn open(address: &SocketAddress) -> Result<WebSocketStream<Box<dyn Wire>>, String> {
    let words = |error: &dyn core::fmt::Display| error.to_string();
    let uri: Uri = address.url.parse().map_err(|e| words(&e))?;
    let host = uri.host().unwrap_or_default();
    let tls = uri.scheme_str() == Some("wss");
    let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let stream = TcpStream::connect((name.as_str(), port)).await.map_err(|e| words(&e))?;
    stream.set_nodelay(true).map_err(|e| words(&e))?;
    let wire: Box<dyn Wire> = match tls {
        true => {
            let server = ServerName::try_from(name).map_err(|e| words(&e))?;
            let connector = TlsConnector::from(Arc::clone(&address.tls));
            Box::new(connector.connect(server, stream).await.map_err(|e| words(&e))?)
        }
        false => Box::new(stream),
    };
    let config =
        WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
    let opened = tokio_tungstenite::client_async_with_config(&address.url, wire, Some(config));
    opened.await.map(|(socket, _)| socket).map_err(|e| words(&e))
}

/// Why it ended. Pings of the server are answered by the library.
async fn listen(
    number: u64,
    socket: &mut WebSocketStream<Box<dyn Wire>>,
    tell: &mpsc::Sender<(u64, SocketNews)>,
    asked: &mut mpsc::Receiver<SendPing>,
) -> String {
    loop {
        let news = tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => SocketNews::Message(text),
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map(|f| format!("{} {}", f.code, f.reason));
                    return format!("the server closed it: {}", code.unwrap_or_default());
                }
                Some(Ok(_)) => SocketNews::Sign,
                Some(Err(error)) => return error.to_string(),
                None => return "it ended".to_owned(),
            },
            ask = asked.recv() => {
                let Some(SendPing) = ask else { return "it is not wanted any more".to_owned() };
                match socket.send(Message::Ping(Bytes::new())).await {
                    Ok(()) => continue,
                    Err(error) => return error.to_string(),
                }
            }
        };
        if tell.send((number, news)).await.is_err() {
            return "nobody listens".to_owned();
        }
    }
}
