//! Columns of one meaning in any of Arrow's layouts.

use arrow_array::{
    Array, ArrayRef, LargeStringArray, StringArray, StringViewArray,
    cast::AsArray,
    types::{
        Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
        TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
        UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};

use super::memo::of_text;
use crate::ProblemOut;

/// What a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Bool,
    Time,
    Null,
}

impl Kind {
    pub(super) fn of(kind: &DataType) -> Option<Self> {
        Some(match kind {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Boolean => Self::Bool,
            DataType::Timestamp(_, _) => Self::Time,
            DataType::Null => Self::Null,
            kind if kind.is_integer() => Self::Number,
            DataType::Dictionary(_, values) => match Self::of(values)? {
                kind @ (Self::Text | Self::Number) => kind,
                _ => return None,
            },
            _ => return None,
        })
    }
}

/// No place in a dictionary.
const NO_CODE: u32 = u32::MAX;

/// A column of text.
#[derive(Debug)]
pub(super) enum Text<'a> {
    Plain(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
    /// [`NO_CODE`] is none.
    Dictionary {
        codes: Vec<u32>,
        values: Box<Text<'a>>,
    },
    Null,
}

impl<'a> Text<'a> {
    pub(super) fn new(name: &str, array: &'a ArrayRef) -> Result<Self, ProblemOut> {
        Ok(match array.data_type() {
            DataType::Utf8 => Self::Plain(array.as_string()),
            DataType::LargeUtf8 => Self::Large(array.as_string()),
            DataType::Utf8View => Self::View(array.as_string_view()),
            DataType::Dictionary(_, _) => {
                let dictionary = array.as_any_dictionary();
                if dictionary.values().is_empty() {
                    return Ok(Self::Null);
                }
                let codes = dictionary.normalized_keys().into_iter();
                let mut codes: Vec<u32> =
                    codes.map(|code| u32::try_from(code).unwrap_or(NO_CODE)).collect();
                if let Some(nulls) = array.logical_nulls() {
                    let nulls = codes.iter_mut().zip(&nulls).filter(|(_, valid)| !valid);
                    nulls.for_each(|(code, _)| *code = NO_CODE);
                }
                let values = Box::new(Self::new(name, dictionary.values())?);
                Self::Dictionary { codes, values }
            }
            DataType::Null => Self::Null,
            other => return Err(wrong_type(name, other, "text")),
        })
    }

    pub(super) fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::Plain(a) => a.is_valid(row).then(|| a.value(row)),
            Self::Large(a) => a.is_valid(row).then(|| a.value(row)),
            Self::View(a) => a.is_valid(row).then(|| a.value(row)),
            Self::Dictionary { values, .. } => values.get(self.code(row)?),
            Self::Null => None,
        }
    }

    /// The place of a row's value in the dictionary, if it has one.
    pub(super) fn code(&self, row: usize) -> Option<usize> {
        let Self::Dictionary { codes, .. } = self else { return None };
        codes.get(row).filter(|code| **code != NO_CODE).map(|code| *code as usize)
    }

    /// The same; past its end where there is none.
    pub(super) fn code_or_end(&self, row: usize) -> usize {
        self.code(row).or_else(|| self.values()).unwrap_or_default()
    }

    /// Whether two rows hold the same, as far as that is cheap to tell.
    pub(super) fn same(&self, row: usize, other: usize) -> bool {
        match self {
            Self::Dictionary { .. } => self.code(row) == self.code(other),
            _ => self.get(row) == self.get(other),
        }
    }

    /// A hash of a row's value, among the rows of one part.
    pub(super) fn hash(&self, row: usize) -> u64 {
        match self {
            Self::Dictionary { .. } => self.code(row).map_or(u64::MAX, |code| code as u64),
            _ => self.get(row).map_or(u64::MAX, of_text),
        }
    }

    /// How many values the dictionary has, if this is one.
    pub(super) fn values(&self) -> Option<usize> {
        let Self::Dictionary { values, .. } = self else { return None };
        Some(values.len())
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Plain(a) => a.len(),
            Self::Large(a) => a.len(),
            Self::View(a) => a.len(),
            Self::Dictionary { codes, .. } => codes.len(),
            Self::Null => 0,
        }
    }
}

/// A column of whole numbers.
#[derive(Debug)]
pub(super) struct Numbers {
    values: Vec<i64>,
    nulls: Option<NullBuffer>,
}

macro_rules! widen {
    ($array:expr, $($kind:pat => $type:ty),+ $(,)?) => {
        match $array.data_type() {
            $($kind => Some($array.as_primitive::<$type>().values().iter().map(|n| i64::try_from(*n).unwrap_or(i64::MAX)).collect()),)+
            _ => None,
        }
    };
}

impl Numbers {
    pub(super) fn new(name: &str, array: &ArrayRef) -> Result<Self, ProblemOut> {
        let nulls = array.logical_nulls();
        if let DataType::Dictionary(_, _) = array.data_type() {
            let dictionary = array.as_any_dictionary();
            let values = Self::new(name, dictionary.values())?.values;
            let keys =
                if values.is_empty() { vec![0; array.len()] } else { dictionary.normalized_keys() };
            let values = keys.iter().map(|key| values.get(*key).copied().unwrap_or_default());
            return Ok(Self { values: values.collect(), nulls });
        }
        let values: Option<Vec<i64>> = match array.data_type() {
            DataType::Timestamp(unit, _) => Some(seconds(array, *unit)),
            DataType::Null => Some(vec![0; array.len()]),
            _ => widen!(array,
                DataType::Int8 => Int8Type, DataType::Int16 => Int16Type,
                DataType::Int32 => Int32Type, DataType::Int64 => Int64Type,
                DataType::UInt8 => UInt8Type, DataType::UInt16 => UInt16Type,
                DataType::UInt32 => UInt32Type, DataType::UInt64 => UInt64Type,
            ),
        };
        let values = values.ok_or_else(|| wrong_type(name, array.data_type(), "whole numbers"))?;
        Ok(Self { values, nulls })
    }

    pub(super) fn get(&self, row: usize) -> Option<i64> {
        let valid = self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        self.values.get(row).copied().filter(|_| valid)
    }
}

/// Timestamps as the seconds that a flow counts; a second that is not over counts as begun.
fn seconds(array: &ArrayRef, unit: TimeUnit) -> Vec<i64> {
    let (values, a_second) = match unit {
        TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().values(), 1),
        TimeUnit::Millisecond => (array.as_primitive::<TimestampMillisecondType>().values(), 1_000),
        TimeUnit::Microsecond => {
            (array.as_primitive::<TimestampMicrosecondType>().values(), 1_000_000)
        }
        TimeUnit::Nanosecond => {
            (array.as_primitive::<TimestampNanosecondType>().values(), 1_000_000_000)
        }
    };
    values.iter().map(|n| n.div_euclid(a_second)).collect()
}

/// A column of a type that it cannot have.
pub(super) fn wrong_type(name: &str, is: &DataType, wanted: &str) -> ProblemOut {
    let message = format!("a column of {is}, where {wanted} is wanted");
    let problem = ProblemOut::new(mayreach::ErrorCode::WrongType, message).field(name);
    match is {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            problem.help("cast it to integers; pandas keeps gaps in them as `Int64`")
        }
        _ => problem,
    }
}
