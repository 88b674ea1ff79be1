//! Bodies of writes, read as strictly as the documents allow: what is a number there must be
//! a number here, what is a text must be a text, and nothing is left out.

use rust_decimal::Decimal;
use serde_json::{Map, Value};
use tickstep_core::units::Side;

use super::options::OmittedLevel;
use super::wire::decimal;
use crate::exchange::{AccountView, Instruction, Levels, Said, VenueCall, WaitKind};

/// What is wrong with a body, in words.
pub(crate) type BadBody = String;

struct Body<'a>(&'a Map<String, Value>);

impl<'a> Body<'a> {
    fn of(value: &'a Value) -> Result<Self, BadBody> {
        value.as_object().map(Body).ok_or_else(|| "the body is no object".to_owned())
    }

    fn wrong(name: &str, wanted: &str) -> BadBody {
        format!("Validation failed for argument '{name}': {wanted} expected")
    }

    fn text(&self, name: &str) -> Result<&'a str, BadBody> {
        let text = self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| Self::wrong(name, "a text"))
    }

    fn number(&self, name: &str) -> Result<Decimal, BadBody> {
        self.0.get(name).and_then(decimal).ok_or_else(|| Self::wrong(name, "a number"))
    }

    fn side(&self) -> Result<Side, BadBody> {
        match self.text("orderSide")? {
            "BUY" => Ok(Side::Buy),
            "SELL" => Ok(Side::Sell),
            _ => Err(Self::wrong("orderSide", "BUY or SELL")),
        }
    }

    fn kind(&self) -> Result<WaitKind, BadBody> {
        match self.text("type")? {
            "LIMIT" => Ok(WaitKind::Limit),
            "STOP" => Ok(WaitKind::Stop),
            _ => Err(Self::wrong("type", "LIMIT or STOP")),
        }
    }

    fn mobile(&self) -> Result<(), BadBody> {
        let there = self.0.get("isMobile").is_some_and(Value::is_boolean);
        if there { Ok(()) } else { Err(Self::wrong("isMobile", "true or false")) }
    }

    /// A level; `None` inside where it is 0, `None` outside where it was left out.
    fn level(&self, name: &str) -> Result<Option<Option<Decimal>>, BadBody> {
        if !self.0.contains_key(name) {
            return Ok(None);
        }
        let px = self.number(name)?;
        Ok(Some((!px.is_zero()).then_some(px)))
    }

    /// Levels of something new, which are both there.
    fn levels(&self) -> Result<Levels, BadBody> {
        let both = |name: &str| self.level(name)?.ok_or_else(|| Self::wrong(name, "a number"));
        Ok(Levels { stop: both("slPrice")?, target: both("tpPrice")? })
    }

    /// Levels of something that has levels already.
    fn edited(&self, omitted: OmittedLevel, old: Option<Levels>) -> Result<Levels, BadBody> {
        let old = match omitted {
            OmittedLevel::Stays => old.unwrap_or_default(),
            OmittedLevel::Goes => Levels::default(),
        };
        let stop = self.level("slPrice")?.unwrap_or(old.stop);
        Ok(Levels { stop, target: self.level("tpPrice")?.unwrap_or(old.target) })
    }

    fn said(&self, volume: Option<Decimal>) -> Result<Said, BadBody> {
        let symbol = Some(self.text("instrument")?.to_owned());
        Ok(Said { symbol, side: Some(self.side()?), volume, kind: None })
    }
}

/// The instructions in a body; more than one only where several positions are closed.
pub(crate) fn read(
    call: VenueCall,
    body: &Value,
    omitted: OmittedLevel,
    view: &AccountView<'_>,
) -> Result<Vec<Instruction>, BadBody> {
    if call == VenueCall::CloseMany {
        let rows = body.as_array().ok_or_else(|| "the body is no list".to_owned())?;
        return rows.iter().map(|row| close_one_of_many(&Body::of(row)?)).collect();
    }
    let body = Body::of(body)?;
    let one = match call {
        VenueCall::Open => open(&body)?,
        VenueCall::EditPosition => {
            let position = body.text("id")?.to_owned();
            let said = body.said(Some(body.number("volume")?))?;
            body.mobile()?;
            let held = view.holdings.iter().find(|held| held.id == position);
            let levels = body.edited(omitted, held.map(|held| held.levels))?;
            Instruction::Amend { position, said, levels }
        }
        VenueCall::Close => {
            let volume = body.text("volume")?.parse().ok();
            let volume: Decimal = volume.ok_or_else(|| Body::wrong("volume", "an amount"))?;
            let position = body.text("positionId")?.to_owned();
            Instruction::Close { position, said: body.said(Some(volume))?, part: None }
        }
        VenueCall::ClosePart => {
            body.mobile()?;
            let position = body.text("positionId")?.to_owned();
            let part = Some(body.number("volume")?);
            Instruction::Close { position, said: body.said(None)?, part }
        }
        VenueCall::CreateOrder => create(&body)?,
        VenueCall::EditOrder => {
            let order = body.text("id")?.to_owned();
            let said = body.said(Some(body.number("volume")?))?;
            body.mobile()?;
            let said = Said { kind: Some(body.kind()?), ..said };
            let waiting = view.waiting.iter().find(|waiting| waiting.id == order);
            let levels = body.edited(omitted, waiting.map(|waiting| waiting.levels))?;
            Instruction::Change { order, said, px: body.number("priceOrder")?, levels }
        }
        VenueCall::CancelOrder => {
            body.mobile()?;
            let said = Said { kind: Some(body.kind()?), ..body.said(None)? };
            Instruction::Cancel { order: body.text("id")?.to_owned(), said }
        }
        VenueCall::CloseMany
        | VenueCall::Details
        | VenueCall::LogIn
        | VenueCall::Refresh
        | VenueCall::Balance
        | VenueCall::Instruments
        | VenueCall::Quotes
        | VenueCall::Candles
        | VenueCall::Positions
        | VenueCall::Orders
        | VenueCall::Closed => return Ok(Vec::new()),
    };
    Ok(vec![one])
}

fn open(body: &Body<'_>) -> Result<Instruction, BadBody> {
    body.mobile()?;
    Ok(Instruction::Open {
        symbol: body.text("instrument")?.to_owned(),
        side: body.side()?,
        volume: body.number("volume")?,
        levels: body.levels()?,
    })
}

fn create(body: &Body<'_>) -> Result<Instruction, BadBody> {
    body.mobile()?;
    Ok(Instruction::Create {
        symbol: body.text("instrument")?.to_owned(),
        side: body.side()?,
        volume: body.number("volume")?,
        kind: body.kind()?,
        px: body.number("price")?,
        levels: body.levels()?,
    })
}

/// One of several; whether its volume is a text or a number is not said anywhere.
fn close_one_of_many(body: &Body<'_>) -> Result<Instruction, BadBody> {
    let volume = match body.text("volume") {
        Ok(text) => text.parse().map_err(|_| Body::wrong("volume", "an amount"))?,
        Err(_) => body.number("volume")?,
    };
    let position = body.text("positionId")?.to_owned();
    Ok(Instruction::Close { position, said: body.said(Some(volume))?, part: None })
}
