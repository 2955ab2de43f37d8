# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/systems/sip_phones.bash - real phones behind a real proxy, on top of sip_common.bash: baresip and twinkle, which speak and hear sound files, and
# kamailio between them and the node, as an operator's proxy is: it says who calls (P-Asserted-Identity). All on 127.0.0.1, each on free ports. Sourced.
proxy=$(free_port)
declare -A phone_port=()
declare -A kamailio_refuses=() # numbers, and what is answered to a call to them: [13800000044]="486 Busy Here"

# baresip_start NUMBER CODECS FILE.wav [auto|manual]: it answers by itself, or rings; what it hears is $dir/NUMBER/dump-*-dec.wav
baresip_start() {
	local number=$1 port=${phone_port[$1]:-} home=$dir/$1
	[ -n "$port" ] || port=$(free_port) # started again it is where it was
	phone_port[$number]=$port
	mkdir -p "$home"
	: >"$home/log"
	cat >"$home/config" <<-END
		sip_listen 127.0.0.1:$port
		net_interface 127.0.0.1
		call_max_calls 2
		audio_path /usr/share/baresip
		audio_source aufile,$3
		audio_player alsa,null
		audio_alert alsa,null
		rtp_ports $((rtp + 400 + ${#phone_port[@]} * 20))-$((rtp + 418 + ${#phone_port[@]} * 20))
		jitter_buffer_delay 2-5
		snd_path $home
		module_path /usr/lib/baresip/modules
		module g711.so
		module g722.so
		module aufile.so
		module alsa.so
		module sndfile.so
		module_tmp account.so
		module_app menu.so
		module ctrl_tcp.so
		ctrl_tcp_listen 127.0.0.1:$((port + 2))
	END
	echo "<sip:$number@127.0.0.1:$port>;outbound=\"sip:127.0.0.1:$proxy\";regint=0;answermode=${4:-auto};audio_codecs=$2" >"$home/accounts"
	: >"$home/contacts"
	baresip -f "$home" >"$home/log" 2>&1 </dev/null &
	others+=($!)
	until_true 5 grep -q "baresip is ready" "$home/log"
	must "baresip $number is ready" $?
}
baresip_do() { python3 tests/systems/baresip.py $((${phone_port[$1]} + 2)) "${@:2}"; }
# what it has heard so far in its last call
baresip_heard() { ls -t "$dir/$1"/dump-*-dec.wav 2>/dev/null | head -1; }

# twinkle_start NUMBER CODECS FILE.raw: it answers by itself; what it hears is $dir/NUMBER/heard.raw
twinkle_start() {
	local number=$1 port home=$dir/$1
	port=$(free_port)
	phone_port[$number]=$port
	mkdir -p "$home/.twinkle"
	[ -e "$dir/twinkle_sound.so" ] || cc -O2 -shared -fPIC -o "$dir/twinkle_sound.so" tests/systems/twinkle_sound.c || return 1
	cat >"$home/.twinkle/twinkle.sys" <<-END
		dev_ringtone=alsa:null
		dev_speaker=alsa:null
		dev_mic=alsa:null
		play_ringtone=no
		play_ringback=no
		validate_audio_dev=no
		sip_port=$port
		rtp_port=$((rtp + 500))
		log_show_sip=yes
	END
	cat >"$home/.twinkle/phone.cfg" <<-END
		user_name=$number
		user_domain=127.0.0.1
		outbound_proxy=sip:127.0.0.1:$proxy
		codecs=$2
		dtmf_transport=rfc2833
		register_at_startup=no
		speex_dsp_aec=no
		speex_dsp_agc=no
		speex_dsp_nrd=no
		speex_dsp_vad=no
		zrtp_enabled=no
		ext_100rel=supported
	END
	mkfifo "$home/keys"
	exec {twinkle_fd}<>"$home/keys"
	HOME=$home MIC=$3 SPEAKER=$home/heard.raw LD_PRELOAD=$dir/twinkle_sound.so twinkle-console phone.cfg <"$home/keys" >"$home/log" 2>&1 &
	others+=($!)
	until_true 5 grep -q "Twinkle>" "$home/log"
	must "twinkle $number is ready" $?
	echo auto_answer >&$twinkle_fd
}
twinkle_do() { echo "$*" >&$twinkle_fd; }
twinkle_end() { # it does not end by a signal
	echo bye >&$twinkle_fd
	echo quit >&$twinkle_fd
}

# kamailio_start NUMBER...: the numbers of the phones that have been started; all others go to the node
kamailio_start() {
	local number home=$dir/kamailio-$proxy
	mkdir -p "$home"
	{
		cat <<-END
			#!KAMAILIO
			debug=1
			log_stderror=yes
			fork=yes
			children=1
			disable_tcp=yes
			listen=udp:127.0.0.1:$proxy
			mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/:/usr/lib64/kamailio/modules/"
			loadmodule "tm.so"
			loadmodule "sl.so"
			loadmodule "rr.so"
			loadmodule "pv.so"
			loadmodule "maxfwd.so"
			loadmodule "textops.so"
			loadmodule "siputils.so"
			request_route {
				if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
				if (has_totag()) {
					if (loose_route()) { t_relay(); exit; }
					if (is_method("ACK")) { if (t_check_trans()) { t_relay(); } exit; }
					sl_send_reply("404", "Not Here"); exit;
				}
				if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
				if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
				if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
				record_route();
				if (\$sp == $sip) { # from the node to a phone
		END
		for number in "$@"; do
			echo "if (\$rU =~ \"$number\$\") { \$rU = \"$number\"; \$du = \"sip:127.0.0.1:${phone_port[$number]}\"; t_relay(); exit; }"
		done
		for number in "${!kamailio_refuses[@]}"; do
			echo "if (\$rU =~ \"$number\$\") { sl_send_reply(\"${kamailio_refuses[$number]%% *}\", \"${kamailio_refuses[$number]#* }\"); exit; }"
		done
		cat <<-END
					sl_send_reply("404", "No Such Number"); exit;
				}
				remove_hf("P-Asserted-Identity");
				append_hf("P-Asserted-Identity: <tel:+86\$fU>\r\n");
				\$du = "sip:127.0.0.1:$sip";
				t_relay();
			}
		END
	} >"$home/kamailio.cfg"
	kamailio -f "$home/kamailio.cfg" -DD -E -w "$home" -Y "$home" -m 16 -M 4 >"$home/log" 2>&1 &
	kamailio=$!
	others+=("$kamailio")
	until_true 5 udp_used "$proxy"
	must "kamailio is up" $?
}
