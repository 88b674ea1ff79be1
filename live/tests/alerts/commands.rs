//! What is written to the bot, who may, and that it is done once.

use tickstep_live::runner::Stop;

use crate::desk::{CHAT, Desk, KIM, server, telegram};

fn code(text: &str) -> String {
    let (_, rest) = text.split_once("Send ").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_admitted_is_told_and_pauses_at_once() {
    let bot = server().await;
    let mut desk = Desk::start(&telegram(&bot.base, &[CHAT])).await;
    desk.holds().await;
    bot.say_nonsense();
    bot.say(CHAT, KIM, "/status");
    let status = bot.answer(CHAT, "accounts: ").await;
    assert!(status.contains("accounts: 2 of 2 up") && status.contains("FILUSDT: "), "{status}");
    assert!(status.contains(" KST"), "{status}");
    bot.say(CHAT, KIM, "/balance");
    let balance = bot.answer(CHAT, "balance ").await;
    assert!(balance.starts_with("account 0: ") && balance.contains("\naccount 1: "), "{balance}");
    bot.say(CHAT, KIM, "/positions@canary_bot");
    bot.answer(CHAT, " FILUSDT at ").await;
    bot.say(CHAT, KIM, "/health");
    bot.answer(CHAT, "memory: ").await;
    bot.say(CHAT, KIM, "/strategies");
    bot.answer(CHAT, " FILUSDT: 2 accounts, ").await;
    bot.say(CHAT, KIM, "/risk");
    let risk = bot.answer(CHAT, "equity ").await;
    assert!(risk.contains("account 0: equity ") && risk.contains("account 1: equity "), "{risk}");
    bot.say(CHAT, KIM, "/version");
    bot.answer(CHAT, concat!("tickstep ", env!("CARGO_PKG_VERSION"), ", live")).await;
    bot.say(CHAT, KIM, "/sell everything");
    bot.answer(CHAT, "That is no command.").await;
    assert_eq!(desk.acts(), []);
    bot.say(CHAT, KIM, "/pause lunch break");
    bot.answer(CHAT, "nothing is opened until it is resumed").await;
    let acts = desk.acts();
    assert_eq!(acts.len(), 1, "{acts:?}");
    assert_eq!(acts[0].who, format!("kim (Telegram user {KIM}, chat {CHAT})"));
    assert_eq!((&*acts[0].why, acts[0].again), ("lunch break", false));
    let accounts = desk.handle.status().await.unwrap().runner.accounts;
    assert!(accounts.iter().all(|a| a.stopped == Some(Stop::Pause)), "{accounts:?}");
    desk.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_dangerous_is_done_by_its_code_and_by_nothing_else() {
    let bot = server().await;
    let mut desk = Desk::start(&telegram(&bot.base, &[CHAT])).await;
    desk.holds().await;
    bot.say(CHAT, KIM, "/kill news at 14:30");
    let asked = bot.answer(CHAT, "Close everything and open nothing more").await;
    assert!(asked.contains("on ALL accounts, "), "{asked}");
    let first = code(&asked);
    let other = format!("{:04}", (first.parse::<u32>().unwrap() + 1) % 10_000);
    // The code of somebody else, another code, and the right one after that.
    bot.say(CHAT, KIM + 1, &first);
    bot.answer(CHAT, "Nothing waits for a code.").await;
    bot.say(CHAT, KIM, &other);
    bot.answer(CHAT, "NOT DONE: that is another code.").await;
    bot.say(CHAT, KIM, &first);
    bot.taken().await;
    assert_eq!(desk.acts(), []);
    let before = bot.written(CHAT).len();
    bot.say(CHAT, KIM, "/kill news at 14:30");
    let asked = loop {
        let new = bot.written(CHAT).into_iter().skip(before);
        let asked = new.map(|(_, text)| text).find(|text| text.contains("within a minute"));
        if let Some(asked) = asked {
            break asked;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    bot.say(CHAT, KIM, &code(&asked));
    bot.answer(CHAT, "everything is closed").await;
    let acts = desk.acts();
    assert_eq!((acts.len(), &*acts[0].why), (1, "news at 14:30"), "{acts:?}");
    assert!(acts[0].what.contains("Kill"), "{acts:?}");
    let accounts = desk.handle.status().await.unwrap().runner.accounts;
    let all = accounts.iter().all(|a| a.stopped == Some(Stop::Kill) && a.positions.is_empty());
    assert!(all, "{accounts:?}");
    // And back, by a code too.
    bot.say(CHAT, KIM, "/resume");
    let asked = bot.answer(CHAT, "Open positions again on ALL accounts?").await;
    bot.say(CHAT, KIM, &format!("/confirm {}", code(&asked)));
    desk.holds().await;
    desk.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_is_admitted_and_an_empty_list_admits_nobody() {
    let bot = server().await;
    let mut desk = Desk::start(&telegram(&bot.base, &[])).await;
    bot.say(CHAT, KIM, "/pause");
    bot.say(CHAT, KIM, "/status");
    bot.taken().await;
    desk = desk.again(&telegram(&bot.base, &[CHAT])).await;
    let stranger = CHAT - 1;
    bot.say(stranger, 666, "/pause");
    bot.say(stranger, 666, "/kill");
    // Whoever is admitted hears of it, with the chat's number.
    let told = bot.answer(CHAT, "not in alerts.telegram.chats").await;
    assert!(told.contains(&stranger.to_string()), "{told}");
    bot.taken().await;
    desk.end().await;
    assert_eq!(desk.acts(), []);
    assert_eq!(bot.written(stranger), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_twice_or_again_after_a_restart_is_done_once() {
    let bot = server().await;
    bot.repeat_itself();
    let config = telegram(&bot.base, &[CHAT]);
    let mut desk = Desk::start(&config).await;
    bot.say_late(CHAT, KIM, "/pause too late", 3_600);
    bot.answer(CHAT, "NOT DONE: this came 1 h 0 min late.").await;
    bot.say(CHAT, KIM, "/pause once");
    bot.answer(CHAT, "nothing is opened until it is resumed").await;
    // It gives both out again at every question.
    let asked = bot.questions();
    while bot.questions() < asked + 20 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(desk.acts().len(), 1, "{:?}", desk.acts());
    desk = desk.again(&config).await;
    let asked = bot.questions();
    while bot.questions() < asked + 20 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(desk.acts().len(), 1, "{:?}", desk.acts());
    assert_eq!(bot.asked().unwrap()["offset"], 102);
    // Even where it is lost what was taken, the journal knows what was done.
    std::fs::remove_file(desk.world.state.path().join("telegram.json")).unwrap();
    desk = desk.again(&config).await;
    bot.answer(CHAT, "(taken before)").await;
    desk.end().await;
    let done = desk.acts().iter().filter(|act| !act.again).count();
    assert_eq!((desk.acts().len(), done), (2, 1), "{:?}", desk.acts());
}
