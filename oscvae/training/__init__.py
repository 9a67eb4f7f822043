"""Makes models: renders notes, trains, measures and exports them. Imports no runtime folder, and none imports it."""
