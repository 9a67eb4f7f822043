// A client of the oscvae daemon: its process, its OSC vocabulary, and an event type for patterns.
// See the help file, and docs/osc.md for what each message means.

OscVae {
	classvar <>program = "oscvae";
	classvar default;
	classvar <>patience = 5; // seconds in which an answer is expected
	classvar <>renewal = 20; // seconds; a subscription ends after 60 of silence

	var <addr;
	var <>latency; // of bundles, seconds, as Server.latency
	var <>onFail; // { |command, why| } for what nobody waits for
	var <pid;
	var bundle, failures, listener, renewing;
	var listeners, others; // by who listens; the other parts by their numbers
	var waiting = false;
	var isFound = false, looks = false; // whether anybody has answered here, and whether that is being asked

	*initClass {
		Class.initClassTree(Event);
		Event.addEventType(\oscvae, { |server| OscVae.playEvent(currentEnvironment) }, (
			velocity: 102, // MIDI units, as everywhere in sclang; the daemon's own default is 0.8 of 127
			oscvae: nil, // which daemon; OscVae.default if it is nil
			z: nil, // a point of the latent space, or one for each note; nil = the cursor, which the note follows
			to: nil, // where the note travels, in `travel` seconds
			travel: nil,
			voice: nil // an id of your own, for voiceSet
		));
	}

	*default { ^default ?? { default = this.new } }

	*default_ { |one| default = one }

	*new { |host = "127.0.0.1", port = 9000, latency = 0.2|
		^this.prNew.init(NetAddr(host, port), latency)
	}

	*prNew { ^super.new }

	init { |anAddr, seconds|
		addr = anAddr;
		latency = seconds;
		listeners = IdentityDictionary.new;
		others = IdentityDictionary.new;
		onFail = { |command, why| "oscvae: % %".format(command, why).warn };
		failures = OSCFunc({ |msg|
			// a daemon that is starting answers every packet so
			if(waiting.not or: { msg[1] != 'packet' }) { onFail.value(msg[1], msg[2]) };
		}, '/fail', addr).permanent_(true);
		CmdPeriod.add(this);
		ShutDown.add { this.stop };
	}

	free {
		listeners.keys.copy.do { |one| this.removeListener(one) };
		failures.free;
		CmdPeriod.remove(this);
	}

	// nothing sounds after Cmd-. except what rings out
	cmdPeriod {
		addr.sendMsg('/clearSched');
		addr.sendMsg('/stop');
		if(listener.notNil) { this.renew }; // its Routine was stopped with all others
	}

	// another of the eight parts, over the same connection; the first is this itself
	part { |number|
		if(number == 1) { ^this };
		others[number] ?? { others[number] = OscVaePart(this, number) };
		^others[number]
	}

	// action: { |parts| } that play, each [number, model, its first output]
	parts { |action| this.ask(['/parts'], '/parts.reply', { |msg| action.value(msg[1..].clump(3)) }) }

	// the first of the two outputs in JACK
	out { |first| this.sendMsg('/out', first) }

	// -- the daemon's process

	// options: as on the command line, "--config show.yaml --set engine.gain_db=-6"
	start { |options = "", onReady, timeout = 240|
		if(addr.isLocal.not) { Error("oscvae: % is another machine, start its daemon there".format(addr.ip)).throw };
		if(pid.notNil) { "oscvae: running already, as process %".format(pid).warn; ^this };
		pid = "exec % serve --set osc.port=% %".format(program, addr.port, options).unixCmd({ |code|
			pid = nil;
			if(code != 0) { "oscvae: the daemon left with exit code %".format(code).warn };
		}, false);
		this.whenReady(onReady, timeout);
	}

	// calls back once a model can be played
	whenReady { |onReady, timeout = 240|
		var end = Main.elapsedTime + timeout;
		var answered = false;
		var answer = OSCFunc({ |msg|
			if(answered.not and: { msg[12] != '' }) {
				answered = true;
				waiting = false;
				answer.free;
				onReady.value(this);
			}
		}, '/status.reply', addr).permanent_(true);
		waiting = true;
		Routine {
			while { answered.not and: { Main.elapsedTime < end } } {
				addr.sendMsg('/status');
				0.25.wait;
			};
			if(answered.not) {
				waiting = false;
				answer.free;
				"oscvae: % does not answer after % s".format(addr, timeout).warn;
			}
		}.play(SystemClock);
	}

	// ends the daemon, if it was started here, even one that does not listen yet
	stop {
		if(pid.notNil) { "kill -TERM %".format(pid).systemCmd };
	}

	// -- sending

	// at once, or into the bundle that is being made
	sendMsg { |... msg|
		if(bundle.notNil) { bundle = bundle.add(msg) } { addr.sendMsg(*msg); this.look };
	}

	sendBundle { |time ... msgs|
		addr.sendBundle(time, *msgs)
	}

	// all that func sends becomes one bundle, obeyed `latency` after the present (logical) time, its notes together
	bind { |func|
		var outer = bundle, made;
		bundle = [];
		protect { func.value(this) } { made = bundle; bundle = outer };
		if(made.notEmpty) { this.sendBundle(latency, *made); this.look };
	}

	// warns where nobody hears what is sent: OSC itself does not tell
	look {
		var answer;
		if(isFound or: { looks } or: { waiting }) { ^this };
		looks = true;
		answer = OSCFunc({ isFound = true; answer.free }, '/pong', addr).permanent_(true);
		addr.sendMsg('/ping');
		SystemClock.sched(patience, {
			looks = false;
			if(isFound.not and: { waiting.not }) {
				answer.free;
				"oscvae: no daemon answers at %:%, start one by OscVae.default.start or `oscvae serve`"
				.format(addr.ip, addr.port).warn;
			};
			nil
		});
	}

	// -- notes

	// velocity: 0..1; seconds: when it is released
	play { |note, z, velocity = 0.8, seconds|
		this.sendMsg('/play', note, *(z.asArray ++ [velocity] ++ seconds.asArray));
	}

	interp { |note, seconds, from, to, velocity = 0.8|
		this.sendMsg('/interp', note, seconds, *(from.asArray ++ to.asArray ++ [velocity]));
	}

	// at the cursor; velocity: 0..127, 0 = off
	note { |note, velocity = 100| this.sendMsg('/note', note, velocity) }

	noteOff { |note| this.sendMsg('/note', note, 0) }

	stopNotes { |note| this.sendMsg('/stop', *note.asArray) }

	panic { this.sendMsg('/panic') }

	// -- voices under an id of your own

	voice { |id, note, z, velocity = 0.8, seconds|
		this.sendMsg('/voice/new', id, note, *(z.asArray ++ [velocity] ++ seconds.asArray));
	}

	// name: z, gain, pan, bend, attack or release
	voiceSet { |id, name, value| this.sendMsg('/voice/set', id, name, *value.asArray) }

	voiceStop { |id| this.sendMsg('/voice/stop', id) }

	// a voice along two recordings that were encoded, by a model that encodes such, as timbre or a RAVE
	blend { |id, a, b, mix = 0.5, rate = 1, velocity = 0.8|
		this.sendMsg('/blend', id, a, b, mix, rate, velocity)
	}

	// the mix of a blend over its position: pairs [[0, 0], [0.5, 1], [1, 0]]
	curve { |id, points| this.sendMsg('/curve', id, *points.flat) }

	// a voice along the live input, by such a model, through JACK, with audio.input: true
	listen { |id, velocity = 0.8| this.sendMsg('/listen', id, velocity) }

	// -- the cursor

	z { |point| this.sendMsg('/z', *point) }

	zAt { |dimension, value| this.sendMsg("/z/%".format(dimension), value) }

	unit { |dimension, value| this.sendMsg("/unit/%".format(dimension), value) }

	pad { |number, x, y| this.sendMsg("/pad/%".format(number), x, y) }

	glide { |seconds, point| this.sendMsg('/glide', seconds, *point) }

	// -- sound

	gain { |db| this.sendMsg('/gain', db) }

	pan { |position| this.sendMsg('/pan', position) }

	bend { |semitones| this.sendMsg('/bend', semitones) }

	releaseTime { |seconds| this.sendMsg('/release', seconds) }

	attackTime { |seconds| this.sendMsg('/attack', seconds) }

	stretch { |ratio| this.sendMsg('/stretch', ratio) }

	// how much of its fine detail an encoded sound has, 0 to 1
	detail { |share| this.sendMsg('/detail', share) }

	freezeNotes { |on = true| this.sendMsg('/freeze', on.binaryValue) }

	// how keys play: poly, mono or legato
	mode { |name| this.sendMsg('/mode', name) }

	// in which the note of a key glides from the last one's pitch
	portamento { |seconds| this.sendMsg('/portamento', seconds) }

	sustain { |down = true| this.sendMsg('/sustain', down.binaryValue) }

	// -- macros: faders that move several parameters at once, as macros.map of the daemon's configuration says

	// value: 0..1
	macro { |number, value| this.sendMsg("/macro/%".format(number), value) }

	// action: { |names| }, the first is macro 1
	macros { |action| this.ask(['/macros'], '/macros.reply', { |msg| action.value(msg[1..]) }) }

	// -- presets

	recall { |name, seconds = 0| this.sendMsg('/preset/recall', name, seconds) }

	// between two of them: share 0 is a, 1 is b
	morph { |a, b, share, seconds = 0| this.sendMsg('/preset/morph', a, b, share, seconds) }

	savePreset { |name, onDone, onFail| this.request(['/preset/save', name], onDone, onFail) }

	// with attack, release, stretch, mode, portamento and macros
	saveAll { |name, onDone, onFail| this.request(['/preset/save', name, 'all'], onDone, onFail) }

	deletePreset { |name, onDone, onFail| this.request(['/preset/delete', name], onDone, onFail) }

	// action: { |names| }
	presets { |action| this.ask(['/presets'], '/presets.reply', { |msg| action.value(msg[2..]) }) }

	// action: { |places| }, each [name, z]
	places { |action|
		this.ask(['/places'], '/places.reply', { |msg|
			action.value(msg[3..].clump(1 + msg[2]).collect { |one| [one[0], one[1..]] })
		})
	}

	// -- where things stand

	// action: { |values| } of an address that is told, like '/gain' or '/unit/2'
	get { |address, action| this.ask(['/get', address], address, { |msg| action.value(msg[1..]) }) }

	// action: { |voices| }, each [id, note, z]
	voices { |action|
		this.ask(['/voices'], '/voices.reply', { |msg|
			action.value(msg[2..].clump(2 + msg[1]).collect { |one| [one[0], one[1], one[2..]] })
		})
	}

	// action: { |points| }, each [label, note, z]
	points { |action|
		this.ask(['/points'], '/points.reply', { |msg|
			action.value(msg[3..].clump(2 + msg[2]).collect { |one| [one[0], one[1], one[2..]] })
		})
	}

	// -- models and files

	// onDone: { |name, dims, rate, frames| }
	load { |name, onDone, onFail| this.request(['/load', name], onDone, onFail, 60) }

	// action: { |names| }
	models { |action| this.ask(['/models'], '/models.reply', { |msg| action.value(msg[1..]) }) }

	// action: { |sounds| }: of each sound file its name, and its seconds if it is encoded, else 0
	sounds { |action|
		this.ask(['/sounds'], '/sounds.reply', { |msg|
			action.value(msg[1..].clump(2))
		})
	}

	// action: { |event| } with name, dims, rate, noteMin, noteMax, low, high
	model { |action|
		this.ask(['/model'], '/model', { |msg|
			var ranges = msg[6..].clump(2).flop;
			action.value((
				name: msg[1], dims: msg[2], rate: msg[3], noteMin: msg[4], noteMax: msg[5],
				low: ranges[0], high: ranges[1]
			))
		})
	}

	// action: { |names| } of the dimensions; none where the model has none
	labels { |action| this.ask(['/model'], '/labels', { |msg| action.value(msg[1..]) }) }

	// action: { |names| } of the pads; none where the model has none
	pads { |action| this.ask(['/model'], '/pads', { |msg| action.value(msg[1..]) }) }

	// note: which it is, instead of the one that is heard. onDone: { |file, note ... rest| }, of which rest is z, the
	// handle that stands for the sound wherever a point may stand, the distance in dB and a doubt
	encode { |file, onDone, onFail, note|
		this.request(['/encode', file] ++ note.notNil.if([note], []), onDone, onFail, 60)
	}

	// without a name: stop. onDone: { |file, seconds| }
	record { |name, onDone, onFail| this.request(['/record'] ++ name.notNil.if([name], []), onDone, onFail) }

	// -- MIDI

	// the controller that is moved next; without an address: none. onDone: { |address, controller| }
	midiLearn { |address, onDone, onFail|
		this.request(['/midi/learn'] ++ address.notNil.if([address], []), onDone, onFail, 40)
	}

	// what an address or a controller has learnt; without: all
	midiForget { |what, onDone, onFail|
		this.request(['/midi/forget'] ++ what.notNil.if([what], []), onDone, onFail)
	}

	// -- the daemon

	// action: { |event| }, whose keys are those of /status.reply in docs/osc.md
	status { |action|
		var keys = #[
			\voices, \cpu_avg, \cpu_peak, \underruns, \late, \xruns, \busy, \sample_rate, \model_rate, \block_size,
			\backend, \model, \dims, \uptime, \confined
		];
		this.ask(['/status'], '/status.reply', { |msg|
			action.value(().putPairs([keys, msg[1..].keep(keys.size)].flop.flatten(1)))
		})
	}

	// action: { |program, version| }
	version { |action| this.ask(['/version'], '/version.reply', { |msg| action.value(*msg[1..]) }) }

	// posts it
	help { |address|
		this.ask(['/help'] ++ address.notNil.if([address], []), '/help.reply', { |msg| msg[2].asString.postln })
	}

	ping { |action| this.ask(['/ping'], '/pong', { action.value }) }

	// calls back once all earlier loads, saves and the like are finished
	sync { |action|
		var id = UniqueID.next;
		this.ask(['/sync', id], '/synced', { action.value }, [id], 60)
	}

	dumpOSC { |on = true| addr.sendMsg('/dumpOSC', on.binaryValue) }

	clearSched { addr.sendMsg('/clearSched') }

	quit { addr.sendMsg('/quit') }

	// action: { |address ... args| } for /voice/on, /voice/off, /level, /xrun, /model and all that others change, of other
	// parts with their prefix; nil ends it
	notify { |action|
		this.removeListener(this);
		if(action.notNil) { this.addListener(this, action) }
	}

	addListener { |who, action|
		listeners[who] = action;
		if(listener.isNil) {
			listener = { |msg, time, from|
				if(from.port == addr.port and: { from.addr == addr.addr } and: { this.isEvent(msg[0]) }) {
					listeners.copy.do { |one| one.value(*msg) }
				}
			};
			thisProcess.addOSCRecvFunc(listener);
			this.renew;
		} {
			// who is new is told how things stand
			addr.sendMsg('/notify', 0);
			addr.sendMsg('/notify', 1);
		}
	}

	removeListener { |who|
		listeners.removeAt(who);
		if(listener.notNil and: { listeners.isEmpty }) {
			thisProcess.removeOSCRecvFunc(listener);
			renewing.stop;
			listener = renewing = nil;
			addr.sendMsg('/notify', 0);
		}
	}

	renew {
		renewing = Routine { loop { addr.sendMsg('/notify', 1); renewal.wait } }.play(SystemClock);
	}

	isEvent { |address|
		^#['/done', '/fail', '/warn', '/pong', '/synced'].includes(address).not
		and: { address.asString.endsWith(".reply").not }
	}

	// -- questions

	// sends, and calls back with the next reply at that address
	ask { |msg, reply, action, template, timeout|
		var answer, answered = false;
		answer = OSCFunc({ |got|
			answered = true;
			answer.free;
			action.value(got);
		}, reply, addr, argTemplate: template).permanent_(true);
		addr.sendMsg(*msg);
		SystemClock.sched(timeout ? patience, {
			if(answered.not) {
				answer.free;
				"oscvae: no answer to % from %".format(msg[0], addr).warn;
			};
			nil
		});
	}

	// sends, and calls back with what follows the command in /done, or with the reason in /fail
	request { |msg, onDone, onFail, timeout|
		var done, fail, free = { done.free; fail.free }, answered = false;
		var command = msg[0].asSymbol;
		done = OSCFunc({ |got|
			answered = true;
			free.value;
			onDone.value(*got[2..]);
		}, '/done', addr, argTemplate: [command]).permanent_(true);
		fail = OSCFunc({ |got|
			answered = true;
			free.value;
			onFail.value(got[2]); // everybody's onFail is told too
		}, '/fail', addr, argTemplate: [command]).permanent_(true);
		addr.sendMsg(*msg);
		SystemClock.sched(timeout ? patience, {
			if(answered.not) {
				free.value;
				"oscvae: no answer to % from %".format(command, addr).warn;
			};
			nil
		});
	}

	// -- patterns

	// what \type, \oscvae plays: notes of one event start in one frame, and are released by the daemon's own clock
	*playEvent { |event|
		event.use {
			var vae = ~oscvae ? this.default;
			var clock = thisThread.clock;
			var beats = clock.beats;
			var notes = ~detunedFreq.value.cpsmidi.round(1e-4).asArray;
			var velocities = (~velocity.value / 127).asArray;
			var lengths = ~sustain.value.asArray;
			var points = this.prPoints(~z.value);
			var targets = this.prPoints(~to.value);
			var travels = ~travel.value.asArray;
			var voices = ~voice.value.asArray;
			var size = [notes, velocities, lengths, points ? [], voices].collect(_.size).maxItem;
			var offsets = ~timingOffset + (0..size - 1).collect { |i| ~strum * i };
			var seconds = { |beatsLong| clock.beats2secs(beats + beatsLong) - clock.beats2secs(beats) };
			var starts, stops;
			starts = size.collect { |i|
				var note = notes.wrapAt(i), velocity = velocities.wrapAt(i), length = lengths.wrapAt(i);
				case
				{ points.isNil } { ['/note', note, velocity * 127] }
				{ targets.notNil } {
					['/interp', note, travels.wrapAt(i) ? seconds.(length)]
					++ points.wrapAt(i) ++ targets.wrapAt(i) ++ [velocity]
				}
				{ voices.notEmpty } {
					['/voice/new', voices.wrapAt(i), note] ++ points.wrapAt(i) ++ [velocity, seconds.(length)]
				}
				{ ['/play', note] ++ points.wrapAt(i) ++ [velocity, seconds.(length)] }
			};
			~schedBundleArray.(~lag, this.prOffset(offsets), vae, starts, ~latency);
			if(points.isNil) {
				stops = size.collect { |i| ['/note', notes.wrapAt(i), 0] };
				~schedBundleArray.(
					~lag,
					this.prOffset(offsets + size.collect { |i| lengths.wrapAt(i) }),
					vae, stops, ~latency
				);
			}
		}
	}

	// one offset for all, so that they go into one bundle, where it is the same for each
	*prOffset { |offsets| ^if(offsets.every { |x| x == offsets[0] }) { offsets[0] } { offsets } }

	// a point or an array of points as an array of points; nil stays nil
	*prPoints { |z|
		if(z.isNil) { ^nil };
		^if(z.asArray[0].isSequenceableCollection) { z } { [z.asArray] }
	}
}
