"""The decode clock: a spawned process per model, which alone imports torch.

Loading a TorchScript file stalls every Python thread of its process (45 to 235 ms, measured) and a bad model can crash
it; here neither reaches the daemon. `decoder` is the daemon's side, `worker` the process, `wire` what they say.
"""
