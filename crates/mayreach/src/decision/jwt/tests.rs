//! What the layer answers.
