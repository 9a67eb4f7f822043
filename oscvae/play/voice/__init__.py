"""The voices as the event clock sees them: what each is asked for, the pool of their slots, what moves them."""
