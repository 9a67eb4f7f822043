// Another part of a daemon, as `OscVae.default.part(2)`: what it sends has the prefix of the part, and it hears of no
// other. The connection is that of the whole, which has the process too.

OscVaePart : OscVae {
	var <whole, <number;
	var partial; // who is told of the part

	*new { |whole, number|
		^super.prNew.initPart(whole, number)
	}

	initPart { |anOscVae, part|
		whole = anOscVae;
		number = part;
		addr = whole.addr;
	}

	latency { ^whole.latency }

	latency_ { |seconds| whole.latency = seconds }

	onFail { ^whole.onFail }

	onFail_ { |func| whole.onFail = func }

	pid { ^whole.pid }

	part { |part| ^whole.part(part) }

	free { this.notify(nil) }

	start { |options = "", onReady, timeout = 240|
		whole.start(options, onReady !? { { onReady.value(this) } }, timeout)
	}

	whenReady { |onReady, timeout = 240|
		whole.whenReady({ onReady.value(this) }, timeout)
	}

	stop { whole.stop }

	// -- sending

	sendMsg { |... msg| whole.sendMsg(*this.prefixed(msg)) }

	sendBundle { |time ... msgs|
		whole.sendBundle(time, *msgs.collect { |msg| this.prefixed(msg) })
	}

	bind { |func| whole.bind { func.value(this) } }

	look { whole.look }

	// a message for the part; what is the daemon's, and what names a part, stays as it is
	prefixed { |msg|
		var address = msg[0].asString;
		if(address[0] != $/) { address = "/" ++ address };
		if(this.isOfPart(address)) { address = "/part/" ++ number ++ address };
		^[address.asSymbol] ++ msg[1..]
	}

	isOfPart { |address|
		^#[
			\part, \midi, \models, \record, \monitor, \scope, \parts, \status, \version, \help, \ping, \notify, \sync,
			\dumpOSC, \clearSched, \quit
		].includes(address.asString[1..].split($/)[0].asSymbol).not
	}

	// -- questions

	ask { |msg, reply, action, template, timeout|
		var isOfPart = this.isOfPart(msg[0]);
		^super.ask(
			this.prefixed(msg),
			if(isOfPart) { this.prefixed([reply])[0] } { reply },
			{ |got|
				if(isOfPart) { got[0] = reply.asSymbol };
				action.value(got)
			},
			template,
			timeout
		)
	}

	request { |msg, onDone, onFail, timeout|
		^super.request(this.prefixed(msg), onDone, onFail, timeout)
	}

	// action: { |address ... args| } of the part, and of what has none: /level, /xrun
	notify { |action|
		var prefix = "/part/" ++ number ++ "/";
		whole.removeListener(this);
		if(action.notNil) {
			whole.addListener(this, { |address ... args|
				var text = address.asString;
				case
				{ text.beginsWith(prefix) } { action.value(text[prefix.size - 1 ..].asSymbol, *args) }
				{ #['/level', '/xrun', '/midi/program'].includes(address) } { action.value(address, *args) }
			})
		}
	}
}
