"""The decode clock: a process per model, forked from one that has imported torch, which the daemon never does.

Loading a TorchScript file stalls every Python thread of its process (45 to 235 ms, measured) and a bad model can crash
it; here neither reaches the daemon. `decoder` is the daemon's side, `worker` the process, `wire` what they say;
`process` has one started, `zygote` is what it is forked from. `paths` is where an endless voice goes, `live` where it
goes along what is heard.
"""
