{
    "patcher": {
        "fileversion": 1,
        "appversion": {
            "major": 8,
            "minor": 5,
            "revision": 5,
            "architecture": "x64",
            "modernui": 1
        },
        "classnamespace": "box",
        "rect": [
            80.0,
            100.0,
            1220,
            780
        ],
        "bglocked": 0,
        "openinpresentation": 1,
        "default_fontsize": 12.0,
        "default_fontface": 0,
        "default_fontname": "Arial",
        "gridonopen": 1,
        "gridsize": [
            15.0,
            15.0
        ],
        "gridsnaponopen": 1,
        "objectsnaponopen": 1,
        "statusbarvisible": 2,
        "toolbarvisible": 1,
        "lefttoolbarpinned": 0,
        "toptoolbarpinned": 0,
        "righttoolbarpinned": 0,
        "bottomtoolbarpinned": 0,
        "toolbars_unpinned_last_save": 0,
        "tallnewobj": 0,
        "boxanimatetime": 200,
        "enablehscroll": 1,
        "enablevscroll": 1,
        "devicewidth": 0.0,
        "description": "",
        "digest": "",
        "tags": "",
        "style": "",
        "subpatcher_template": "",
        "assistshowspatchername": 0,
        "boxes": [
            {
                "box": {
                    "id": "obj-1",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        30,
                        10,
                        443.0,
                        26
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        10,
                        443,
                        26
                    ],
                    "text": "oscvae: a client for the latent-space synthesiser",
                    "fontsize": 16.0
                }
            },
            {
                "box": {
                    "id": "obj-2",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        30,
                        45,
                        507.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        40,
                        507,
                        22
                    ],
                    "text": "Start the daemon (oscvae serve), then play. The light says that it answers.",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-3",
                    "maxclass": "bpatcher",
                    "numinlets": 1,
                    "numoutlets": 9,
                    "patching_rect": [
                        30,
                        920,
                        174,
                        114
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        70,
                        174,
                        114
                    ],
                    "name": "oscvae.maxpat",
                    "bgmode": 0,
                    "border": 0,
                    "clickthrough": 0,
                    "enablehscroll": 0,
                    "enablevscroll": 0,
                    "lockeddragscroll": 0,
                    "viewvisibility": 1,
                    "outlettype": [
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        ""
                    ],
                    "offset": [
                        0.0,
                        0.0
                    ],
                    "args": [
                        "127.0.0.1",
                        9000
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-4",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        30,
                        890,
                        151.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        186,
                        151,
                        22
                    ],
                    "text": "arguments: host, port",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-5",
                    "maxclass": "newobj",
                    "numinlets": 19,
                    "numoutlets": 19,
                    "patching_rect": [
                        30,
                        1080,
                        660,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        ""
                    ],
                    "text": "route /gain /pan /bend /attack /release /stretch /portamento /macro/1 /macro/2 /macro/3 /macro/4 /sustain /mode pad voices /macros.reply /presets.reply /models.reply"
                }
            },
            {
                "box": {
                    "id": "obj-6",
                    "maxclass": "newobj",
                    "numinlets": 3,
                    "numoutlets": 3,
                    "patching_rect": [
                        700,
                        1080,
                        75.0,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        ""
                    ],
                    "text": "route 1 2"
                }
            },
            {
                "box": {
                    "id": "obj-7",
                    "maxclass": "pictslider",
                    "numinlets": 2,
                    "numoutlets": 2,
                    "patching_rect": [
                        30,
                        90,
                        170,
                        170
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        210,
                        70,
                        170,
                        170
                    ],
                    "outlettype": [
                        "int",
                        "int"
                    ],
                    "varname": "pad-1",
                    "leftvalue": 0,
                    "rightvalue": 1000,
                    "bottomvalue": 0,
                    "topvalue": 1000
                }
            },
            {
                "box": {
                    "id": "obj-8",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        305,
                        82.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "pack 0. 0."
                }
            },
            {
                "box": {
                    "id": "obj-9",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        270,
                        62.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "/ 1000."
                }
            },
            {
                "box": {
                    "id": "obj-10",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        120,
                        270,
                        62.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "/ 1000."
                }
            },
            {
                "box": {
                    "id": "obj-11",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        335,
                        108.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /pad/1"
                }
            },
            {
                "box": {
                    "id": "obj-12",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        375,
                        128.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "vexpr $f1 * 1000."
                }
            },
            {
                "box": {
                    "id": "obj-13",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        405,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-14",
                    "maxclass": "pictslider",
                    "numinlets": 2,
                    "numoutlets": 2,
                    "patching_rect": [
                        260,
                        90,
                        170,
                        170
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        390,
                        70,
                        170,
                        170
                    ],
                    "outlettype": [
                        "int",
                        "int"
                    ],
                    "varname": "pad-2",
                    "leftvalue": 0,
                    "rightvalue": 1000,
                    "bottomvalue": 0,
                    "topvalue": 1000
                }
            },
            {
                "box": {
                    "id": "obj-15",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        260,
                        305,
                        82.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "pack 0. 0."
                }
            },
            {
                "box": {
                    "id": "obj-16",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        260,
                        270,
                        62.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "/ 1000."
                }
            },
            {
                "box": {
                    "id": "obj-17",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        350,
                        270,
                        62.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "/ 1000."
                }
            },
            {
                "box": {
                    "id": "obj-18",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        260,
                        335,
                        108.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /pad/2"
                }
            },
            {
                "box": {
                    "id": "obj-19",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        260,
                        375,
                        128.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "vexpr $f1 * 1000."
                }
            },
            {
                "box": {
                    "id": "obj-20",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        260,
                        405,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-21",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        500,
                        90,
                        170,
                        20
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        268,
                        170,
                        20
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "gain-slider",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-22",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        500,
                        150,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        196,
                        268,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "gain",
                    "minimum": -60.0,
                    "maximum": 6.0
                }
            },
            {
                "box": {
                    "id": "obj-23",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        500,
                        220,
                        58.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        260,
                        268,
                        58,
                        22
                    ],
                    "text": "gain dB",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-24",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        500,
                        120,
                        174.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 -60.0 6.0"
                }
            },
            {
                "box": {
                    "id": "obj-25",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        500,
                        180,
                        102.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /gain"
                }
            },
            {
                "box": {
                    "id": "obj-26",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        590,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-27",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        500,
                        290,
                        174.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale -60.0 6.0 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-28",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        500,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-29",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        500,
                        365,
                        108.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess -12.0"
                }
            },
            {
                "box": {
                    "id": "obj-30",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        710,
                        90,
                        170,
                        20
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        291,
                        170,
                        20
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "pan-slider",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-31",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        710,
                        150,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        196,
                        291,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "pan",
                    "minimum": -1.0,
                    "maximum": 1.0
                }
            },
            {
                "box": {
                    "id": "obj-32",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        710,
                        220,
                        32.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        260,
                        291,
                        32,
                        22
                    ],
                    "text": "pan",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-33",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        710,
                        120,
                        168.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 -1.0 1.0"
                }
            },
            {
                "box": {
                    "id": "obj-34",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        710,
                        180,
                        95.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /pan"
                }
            },
            {
                "box": {
                    "id": "obj-35",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        800,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-36",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        710,
                        290,
                        168.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale -1.0 1.0 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-37",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        710,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-38",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        710,
                        365,
                        95.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess 0.0"
                }
            },
            {
                "box": {
                    "id": "obj-39",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        920,
                        90,
                        170,
                        20
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        314,
                        170,
                        20
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "bend-slider",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-40",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        920,
                        150,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        196,
                        314,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "bend",
                    "minimum": -12.0,
                    "maximum": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-41",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        920,
                        220,
                        104.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        260,
                        314,
                        104,
                        22
                    ],
                    "text": "bend semitones",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-42",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        920,
                        120,
                        181.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 -12.0 12.0"
                }
            },
            {
                "box": {
                    "id": "obj-43",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        920,
                        180,
                        102.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /bend"
                }
            },
            {
                "box": {
                    "id": "obj-44",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1010,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-45",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        920,
                        290,
                        181.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale -12.0 12.0 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-46",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        920,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-47",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        920,
                        365,
                        95.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess 0.0"
                }
            },
            {
                "box": {
                    "id": "obj-48",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1130,
                        90,
                        170,
                        20
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        337,
                        170,
                        20
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "attack-slider",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-49",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        1130,
                        150,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        196,
                        337,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "attack",
                    "minimum": 0.0,
                    "maximum": 2.0
                }
            },
            {
                "box": {
                    "id": "obj-50",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1130,
                        220,
                        65.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        260,
                        337,
                        65,
                        22
                    ],
                    "text": "attack s",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-51",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        1130,
                        120,
                        161.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 0.0 2.0"
                }
            },
            {
                "box": {
                    "id": "obj-52",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1130,
                        180,
                        115.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /attack"
                }
            },
            {
                "box": {
                    "id": "obj-53",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1220,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-54",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        1130,
                        290,
                        161.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0.0 2.0 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-55",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1130,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-56",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1130,
                        365,
                        95.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess 0.0"
                }
            },
            {
                "box": {
                    "id": "obj-57",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1340,
                        90,
                        170,
                        20
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        360,
                        170,
                        20
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "release-slider",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-58",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        1340,
                        150,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        196,
                        360,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "release",
                    "minimum": 0.005,
                    "maximum": 4.0
                }
            },
            {
                "box": {
                    "id": "obj-59",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1340,
                        220,
                        71.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        260,
                        360,
                        71,
                        22
                    ],
                    "text": "release s",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-60",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        1340,
                        120,
                        174.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 0.005 4.0"
                }
            },
            {
                "box": {
                    "id": "obj-61",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1340,
                        180,
                        122.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /release"
                }
            },
            {
                "box": {
                    "id": "obj-62",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1430,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-63",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        1340,
                        290,
                        174.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0.005 4.0 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-64",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1340,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-65",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1340,
                        365,
                        102.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess 0.15"
                }
            },
            {
                "box": {
                    "id": "obj-66",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1550,
                        90,
                        170,
                        20
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        383,
                        170,
                        20
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "stretch-slider",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-67",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        1550,
                        150,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        196,
                        383,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "stretch",
                    "minimum": 0.25,
                    "maximum": 4.0
                }
            },
            {
                "box": {
                    "id": "obj-68",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1550,
                        220,
                        98.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        260,
                        383,
                        98,
                        22
                    ],
                    "text": "stretch ratio",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-69",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        1550,
                        120,
                        168.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 0.25 4.0"
                }
            },
            {
                "box": {
                    "id": "obj-70",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1550,
                        180,
                        122.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /stretch"
                }
            },
            {
                "box": {
                    "id": "obj-71",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1640,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-72",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        1550,
                        290,
                        168.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0.25 4.0 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-73",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1550,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-74",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1550,
                        365,
                        95.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess 1.0"
                }
            },
            {
                "box": {
                    "id": "obj-75",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1760,
                        90,
                        170,
                        20
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        406,
                        170,
                        20
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "portamento-slider",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-76",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        1760,
                        150,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        196,
                        406,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "portamento",
                    "minimum": 0.0,
                    "maximum": 2.0
                }
            },
            {
                "box": {
                    "id": "obj-77",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1760,
                        220,
                        91.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        260,
                        406,
                        91,
                        22
                    ],
                    "text": "portamento s",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-78",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        1760,
                        120,
                        161.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 0.0 2.0"
                }
            },
            {
                "box": {
                    "id": "obj-79",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1760,
                        180,
                        141.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /portamento"
                }
            },
            {
                "box": {
                    "id": "obj-80",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1850,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-81",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        1760,
                        290,
                        161.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0.0 2.0 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-82",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1760,
                        325,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-83",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1760,
                        365,
                        95.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess 0.0"
                }
            },
            {
                "box": {
                    "id": "obj-84",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        2010,
                        60,
                        52.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        830,
                        70,
                        52,
                        22
                    ],
                    "text": "macros",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-85",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2010,
                        90,
                        40.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "t b"
                }
            },
            {
                "box": {
                    "id": "obj-86",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        2010,
                        120,
                        62.0,
                        22
                    ],
                    "text": "/macros",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-87",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 4,
                    "patching_rect": [
                        2110,
                        90,
                        108.0,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        "",
                        ""
                    ],
                    "text": "unpack s s s s"
                }
            },
            {
                "box": {
                    "id": "obj-88",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2010,
                        170,
                        130,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        830,
                        96,
                        130,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "macro-1",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-89",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        2010,
                        210,
                        148.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 0. 1."
                }
            },
            {
                "box": {
                    "id": "obj-90",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2010,
                        240,
                        122.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /macro/1"
                }
            },
            {
                "box": {
                    "id": "obj-91",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        2010,
                        290,
                        148.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 1. 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-92",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2010,
                        320,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-93",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        2010,
                        390,
                        108,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        966,
                        96,
                        108,
                        22
                    ],
                    "text": "soften",
                    "fontsize": 12.0,
                    "varname": "macro-1-name"
                }
            },
            {
                "box": {
                    "id": "obj-94",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2010,
                        360,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-95",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2200,
                        170,
                        130,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        830,
                        124,
                        130,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "macro-2",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-96",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        2200,
                        210,
                        148.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 0. 1."
                }
            },
            {
                "box": {
                    "id": "obj-97",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2200,
                        240,
                        122.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /macro/2"
                }
            },
            {
                "box": {
                    "id": "obj-98",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        2200,
                        290,
                        148.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 1. 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-99",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2200,
                        320,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-100",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        2200,
                        390,
                        108,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        966,
                        124,
                        108,
                        22
                    ],
                    "text": "tape",
                    "fontsize": 12.0,
                    "varname": "macro-2-name"
                }
            },
            {
                "box": {
                    "id": "obj-101",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2200,
                        360,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-102",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2390,
                        170,
                        130,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        830,
                        152,
                        130,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "macro-3",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-103",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        2390,
                        210,
                        148.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 0. 1."
                }
            },
            {
                "box": {
                    "id": "obj-104",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2390,
                        240,
                        122.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /macro/3"
                }
            },
            {
                "box": {
                    "id": "obj-105",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        2390,
                        290,
                        148.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 1. 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-106",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2390,
                        320,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-107",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        2390,
                        390,
                        108,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        966,
                        152,
                        108,
                        22
                    ],
                    "text": "morph",
                    "fontsize": 12.0,
                    "varname": "macro-3-name"
                }
            },
            {
                "box": {
                    "id": "obj-108",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2390,
                        360,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-109",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2580,
                        170,
                        130,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        830,
                        180,
                        130,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "macro-4",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-110",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        2580,
                        210,
                        148.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 0. 1."
                }
            },
            {
                "box": {
                    "id": "obj-111",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2580,
                        240,
                        122.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /macro/4"
                }
            },
            {
                "box": {
                    "id": "obj-112",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        2580,
                        290,
                        148.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 1. 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-113",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2580,
                        320,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-114",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        2580,
                        390,
                        108,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        966,
                        180,
                        108,
                        22
                    ],
                    "text": "drift",
                    "fontsize": 12.0,
                    "varname": "macro-4-name"
                }
            },
            {
                "box": {
                    "id": "obj-115",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        2580,
                        360,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-116",
                    "maxclass": "kslider",
                    "numinlets": 2,
                    "numoutlets": 2,
                    "patching_rect": [
                        30,
                        480,
                        450,
                        60
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        470,
                        450,
                        60
                    ],
                    "outlettype": [
                        "int",
                        "int"
                    ],
                    "varname": "keys",
                    "offset": 48,
                    "range": 25,
                    "mode": 0
                }
            },
            {
                "box": {
                    "id": "obj-117",
                    "maxclass": "newobj",
                    "numinlets": 3,
                    "numoutlets": 2,
                    "patching_rect": [
                        30,
                        590,
                        128.0,
                        22
                    ],
                    "outlettype": [
                        "",
                        ""
                    ],
                    "text": "makenote 100 1500"
                }
            },
            {
                "box": {
                    "id": "obj-118",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        620,
                        69.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "pack 0 0"
                }
            },
            {
                "box": {
                    "id": "obj-119",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        650,
                        102.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /note"
                }
            },
            {
                "box": {
                    "id": "obj-120",
                    "maxclass": "number",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        180,
                        590,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        490,
                        474,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "velocity",
                    "minimum": 1,
                    "maximum": 127
                }
            },
            {
                "box": {
                    "id": "obj-121",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        180,
                        620,
                        65.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        554,
                        474,
                        65,
                        22
                    ],
                    "text": "velocity",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-122",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        180,
                        560,
                        95.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess 100"
                }
            },
            {
                "box": {
                    "id": "obj-123",
                    "maxclass": "number",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        310,
                        590,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        490,
                        502,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "milliseconds",
                    "minimum": 20,
                    "maximum": 10000
                }
            },
            {
                "box": {
                    "id": "obj-124",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        310,
                        620,
                        91.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        554,
                        502,
                        91,
                        22
                    ],
                    "text": "milliseconds",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-125",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        310,
                        560,
                        102.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess 1500"
                }
            },
            {
                "box": {
                    "id": "obj-126",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        30,
                        690,
                        56.0,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        ""
                    ],
                    "text": "notein"
                }
            },
            {
                "box": {
                    "id": "obj-127",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        720,
                        69.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "pack 0 0"
                }
            },
            {
                "box": {
                    "id": "obj-128",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        750,
                        102.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /note"
                }
            },
            {
                "box": {
                    "id": "obj-129",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        560,
                        480,
                        52.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        70,
                        52,
                        22
                    ],
                    "text": "recall",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-130",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        800,
                        480,
                        38.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        118,
                        38,
                        22
                    ],
                    "text": "save",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-131",
                    "maxclass": "tab",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        560,
                        510,
                        220,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        92,
                        220,
                        24
                    ],
                    "outlettype": [
                        "int",
                        "",
                        ""
                    ],
                    "varname": "recall",
                    "tabs": [
                        "1",
                        "2",
                        "3",
                        "4",
                        "5",
                        "6",
                        "7",
                        "8"
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-132",
                    "maxclass": "tab",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        800,
                        510,
                        220,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        140,
                        220,
                        24
                    ],
                    "outlettype": [
                        "int",
                        "",
                        ""
                    ],
                    "varname": "save",
                    "tabs": [
                        "1",
                        "2",
                        "3",
                        "4",
                        "5",
                        "6",
                        "7",
                        "8"
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-133",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        680,
                        570,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        174,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "glide",
                    "minimum": 0.0,
                    "maximum": 10.0
                }
            },
            {
                "box": {
                    "id": "obj-134",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        750,
                        570,
                        144.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        644,
                        174,
                        144,
                        22
                    ],
                    "text": "seconds of the glide",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-135",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        680,
                        540,
                        82.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess 1"
                }
            },
            {
                "box": {
                    "id": "obj-136",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        560,
                        600,
                        75.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "pack 1 0."
                }
            },
            {
                "box": {
                    "id": "obj-137",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        560,
                        540,
                        40.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "+ 1"
                }
            },
            {
                "box": {
                    "id": "obj-138",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        560,
                        630,
                        161.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /preset/recall"
                }
            },
            {
                "box": {
                    "id": "obj-139",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        920,
                        540,
                        40.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "+ 1"
                }
            },
            {
                "box": {
                    "id": "obj-140",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        920,
                        570,
                        148.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /preset/save"
                }
            },
            {
                "box": {
                    "id": "obj-141",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        560,
                        670,
                        104,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        206,
                        104,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "middle",
                    "varname": "home"
                }
            },
            {
                "box": {
                    "id": "obj-142",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        560,
                        700,
                        40.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "f"
                }
            },
            {
                "box": {
                    "id": "obj-143",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        560,
                        730,
                        95.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend home"
                }
            },
            {
                "box": {
                    "id": "obj-144",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        740,
                        670,
                        104,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        692,
                        206,
                        104,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "anywhere",
                    "varname": "wander"
                }
            },
            {
                "box": {
                    "id": "obj-145",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        740,
                        700,
                        40.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "f"
                }
            },
            {
                "box": {
                    "id": "obj-146",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        740,
                        730,
                        108.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend wander"
                }
            },
            {
                "box": {
                    "id": "obj-147",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1100,
                        480,
                        131.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        490,
                        268,
                        131,
                        22
                    ],
                    "text": "a note from A to B",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-148",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        1100,
                        510,
                        90,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        490,
                        294,
                        90,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "A is here",
                    "varname": "a"
                }
            },
            {
                "box": {
                    "id": "obj-149",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        1100,
                        540,
                        56.0,
                        22
                    ],
                    "text": "keep a",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-150",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        1220,
                        510,
                        90,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        586,
                        294,
                        90,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "B is here",
                    "varname": "b"
                }
            },
            {
                "box": {
                    "id": "obj-151",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        1220,
                        540,
                        56.0,
                        22
                    ],
                    "text": "keep b",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-152",
                    "maxclass": "number",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        1220,
                        610,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        490,
                        324,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "travel-note",
                    "minimum": 48,
                    "maximum": 72
                }
            },
            {
                "box": {
                    "id": "obj-153",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1290,
                        610,
                        38.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        554,
                        324,
                        38,
                        22
                    ],
                    "text": "note",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-154",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1220,
                        580,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess 60"
                }
            },
            {
                "box": {
                    "id": "obj-155",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        1340,
                        610,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        490,
                        350,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "travel-seconds",
                    "minimum": 0.0,
                    "maximum": 10.0
                }
            },
            {
                "box": {
                    "id": "obj-156",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1410,
                        610,
                        58.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        554,
                        350,
                        58,
                        22
                    ],
                    "text": "seconds",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-157",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1340,
                        580,
                        82.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess 3"
                }
            },
            {
                "box": {
                    "id": "obj-158",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        1100,
                        580,
                        104,
                        30
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        490,
                        380,
                        104,
                        30
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "play",
                    "varname": "travel"
                }
            },
            {
                "box": {
                    "id": "obj-159",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        1100,
                        630,
                        42.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "i 60"
                }
            },
            {
                "box": {
                    "id": "obj-160",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        1100,
                        660,
                        82.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "pack 60 3."
                }
            },
            {
                "box": {
                    "id": "obj-161",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1100,
                        690,
                        108.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend travel"
                }
            },
            {
                "box": {
                    "id": "obj-162",
                    "maxclass": "toggle",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        560,
                        800,
                        24,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        430,
                        24,
                        24
                    ],
                    "outlettype": [
                        "int"
                    ],
                    "varname": "pedal"
                }
            },
            {
                "box": {
                    "id": "obj-163",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        600,
                        800,
                        45.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        48,
                        431,
                        45,
                        22
                    ],
                    "text": "pedal",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-164",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        560,
                        840,
                        122.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /sustain"
                }
            },
            {
                "box": {
                    "id": "obj-165",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        560,
                        870,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-166",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1560,
                        920,
                        89.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "obj-167",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1560,
                        950,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        624,
                        431,
                        60,
                        22
                    ],
                    "text": "poly",
                    "fontsize": 12.0,
                    "varname": "mode-shown"
                }
            },
            {
                "box": {
                    "id": "obj-168",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1260,
                        980,
                        102.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /mode"
                }
            },
            {
                "box": {
                    "id": "obj-169",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        1260,
                        920,
                        70,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        400,
                        430,
                        70,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "poly",
                    "varname": "poly"
                }
            },
            {
                "box": {
                    "id": "obj-170",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        1260,
                        950,
                        42.0,
                        22
                    ],
                    "text": "poly",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-171",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        1360,
                        920,
                        70,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        474,
                        430,
                        70,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "mono",
                    "varname": "mono"
                }
            },
            {
                "box": {
                    "id": "obj-172",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        1360,
                        950,
                        42.0,
                        22
                    ],
                    "text": "mono",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-173",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        1460,
                        920,
                        70,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        548,
                        430,
                        70,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "legato",
                    "varname": "legato"
                }
            },
            {
                "box": {
                    "id": "obj-174",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        1460,
                        950,
                        56.0,
                        22
                    ],
                    "text": "legato",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-175",
                    "maxclass": "toggle",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1160,
                        800,
                        24,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        310,
                        430,
                        24,
                        24
                    ],
                    "outlettype": [
                        "int"
                    ],
                    "varname": "record"
                }
            },
            {
                "box": {
                    "id": "obj-176",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1200,
                        800,
                        52.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        338,
                        431,
                        52,
                        22
                    ],
                    "text": "record",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-177",
                    "maxclass": "newobj",
                    "numinlets": 3,
                    "numoutlets": 3,
                    "patching_rect": [
                        1160,
                        840,
                        62.0,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        ""
                    ],
                    "text": "sel 1 0"
                }
            },
            {
                "box": {
                    "id": "obj-178",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        1160,
                        870,
                        95.0,
                        22
                    ],
                    "text": "/record take",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-179",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        1280,
                        870,
                        62.0,
                        22
                    ],
                    "text": "/record",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-180",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        710,
                        800,
                        84,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        110,
                        430,
                        84,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "stop",
                    "varname": "stop"
                }
            },
            {
                "box": {
                    "id": "obj-181",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        710,
                        840,
                        49.0,
                        22
                    ],
                    "text": "/stop",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-182",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        810,
                        800,
                        84,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        200,
                        430,
                        84,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "panic",
                    "varname": "panic"
                }
            },
            {
                "box": {
                    "id": "obj-183",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        810,
                        840,
                        56.0,
                        22
                    ],
                    "text": "/panic",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-184",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        910,
                        800,
                        84,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        646,
                        474,
                        84,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "models",
                    "varname": "models"
                }
            },
            {
                "box": {
                    "id": "obj-185",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        910,
                        840,
                        62.0,
                        22
                    ],
                    "text": "/models",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-186",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        1010,
                        800,
                        84,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        740,
                        474,
                        84,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "presets",
                    "varname": "presets"
                }
            },
            {
                "box": {
                    "id": "obj-187",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        1010,
                        840,
                        69.0,
                        22
                    ],
                    "text": "/presets",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-188",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        710,
                        880,
                        210.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        646,
                        502,
                        210,
                        22
                    ],
                    "text": "are printed in the Max console",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-189",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        300,
                        1140,
                        71.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        690,
                        268,
                        71,
                        22
                    ],
                    "text": "how it is",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-190",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        300,
                        1170,
                        95.0,
                        22
                    ],
                    "outlettype": [
                        "",
                        ""
                    ],
                    "text": "unpack 0. 0."
                }
            },
            {
                "box": {
                    "id": "obj-191",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        300,
                        1230,
                        20,
                        120
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        690,
                        294,
                        20,
                        120
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "left",
                    "orientation": 2,
                    "ignoreclick": 1
                }
            },
            {
                "box": {
                    "id": "obj-192",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        300,
                        1200,
                        161.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale -60. 0. 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-193",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        510,
                        1230,
                        20,
                        120
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        714,
                        294,
                        20,
                        120
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "right",
                    "orientation": 2,
                    "ignoreclick": 1
                }
            },
            {
                "box": {
                    "id": "obj-194",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        510,
                        1200,
                        161.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale -60. 0. 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-195",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 6,
                    "patching_rect": [
                        720,
                        1170,
                        148.0,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        "",
                        "",
                        "",
                        ""
                    ],
                    "text": "unpack 0 0. 0. 0 0 0"
                }
            },
            {
                "box": {
                    "id": "obj-196",
                    "maxclass": "number",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        720,
                        1230,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        744,
                        294,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "voices",
                    "ignoreclick": 1
                }
            },
            {
                "box": {
                    "id": "obj-197",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        720,
                        1260,
                        52.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        808,
                        294,
                        52,
                        22
                    ],
                    "text": "voices",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-198",
                    "maxclass": "number",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        810,
                        1230,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        744,
                        320,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "cpu",
                    "ignoreclick": 1
                }
            },
            {
                "box": {
                    "id": "obj-199",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        810,
                        1260,
                        32.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        808,
                        320,
                        32,
                        22
                    ],
                    "text": "cpu",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-200",
                    "maxclass": "number",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        900,
                        1230,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        744,
                        346,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "underruns",
                    "ignoreclick": 1
                }
            },
            {
                "box": {
                    "id": "obj-201",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        900,
                        1260,
                        71.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        808,
                        346,
                        71,
                        22
                    ],
                    "text": "underruns",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-202",
                    "maxclass": "number",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        990,
                        1230,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        744,
                        372,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "late",
                    "ignoreclick": 1
                }
            },
            {
                "box": {
                    "id": "obj-203",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        990,
                        1260,
                        38.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        808,
                        372,
                        38,
                        22
                    ],
                    "text": "late",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-204",
                    "maxclass": "number",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        1080,
                        1230,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        744,
                        398,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "xruns",
                    "ignoreclick": 1
                }
            },
            {
                "box": {
                    "id": "obj-205",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1080,
                        1260,
                        45.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        808,
                        398,
                        45,
                        22
                    ],
                    "text": "xruns",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-206",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        720,
                        1300,
                        40.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "t 1"
                }
            },
            {
                "box": {
                    "id": "obj-207",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        720,
                        1330,
                        82.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "metro 2000"
                }
            },
            {
                "box": {
                    "id": "obj-208",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        720,
                        1360,
                        62.0,
                        22
                    ],
                    "text": "/status",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-209",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        30,
                        1430,
                        553.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        533,
                        553,
                        22
                    ],
                    "text": "Any message goes to the daemon, with its slash or without: docs/osc.md lists them.",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-210",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        1460,
                        174.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        556,
                        174,
                        22
                    ],
                    "text": "/play 60 0.1 0.2 0.3 0.4",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-211",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        630,
                        1460,
                        256.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        256,
                        556,
                        256,
                        22
                    ],
                    "text": "a note at a point of the latent space",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-212",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        1490,
                        227.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        579,
                        227,
                        22
                    ],
                    "text": "/interp 60 3 -1 -1 -1 -1 1 1 1 1",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-213",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        630,
                        1490,
                        250.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        256,
                        579,
                        250,
                        22
                    ],
                    "text": "a note that travels in three seconds",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-214",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        1520,
                        95.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        602,
                        95,
                        22
                    ],
                    "text": "/note 60 100",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-215",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        630,
                        1520,
                        210.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        256,
                        602,
                        210,
                        22
                    ],
                    "text": "a key goes down, at the cursor",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-216",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        1550,
                        82.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        625,
                        82,
                        22
                    ],
                    "text": "/note 60 0",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-217",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        630,
                        1550,
                        52.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        256,
                        625,
                        52,
                        22
                    ],
                    "text": "and up",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-218",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        1580,
                        108.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        648,
                        108,
                        22
                    ],
                    "text": "/pad/1 0.3 0.7",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-219",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        630,
                        1580,
                        302.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        256,
                        648,
                        302,
                        22
                    ],
                    "text": "moves the cursor, and the keys that are down",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-220",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        1610,
                        122.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        671,
                        122,
                        22
                    ],
                    "text": "/glide 4 0 0 0 0",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-221",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        630,
                        1610,
                        210.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        256,
                        671,
                        210,
                        22
                    ],
                    "text": "takes it there in four seconds",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-222",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        1640,
                        128.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        694,
                        128,
                        22
                    ],
                    "text": "/preset/save mine",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-223",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        630,
                        1640,
                        118.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        256,
                        694,
                        118,
                        22
                    ],
                    "text": "keeps the cursor",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-224",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        1670,
                        155.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        717,
                        155,
                        22
                    ],
                    "text": "/preset/recall mine 2",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-225",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        630,
                        1670,
                        210.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        256,
                        717,
                        210,
                        22
                    ],
                    "text": "goes back to it in two seconds",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-226",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        330,
                        1460,
                        75.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        556,
                        75,
                        22
                    ],
                    "text": "/gain -12",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-227",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        950,
                        1460,
                        25.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        816,
                        556,
                        25,
                        22
                    ],
                    "text": "dB",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-228",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        330,
                        1490,
                        95.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        579,
                        95,
                        22
                    ],
                    "text": "/macro/1 0.5",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-229",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        950,
                        1490,
                        243.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        816,
                        579,
                        243,
                        22
                    ],
                    "text": "several at once, as macros.map says",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-230",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        330,
                        1520,
                        102.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        602,
                        102,
                        22
                    ],
                    "text": "/load plucked",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-231",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        950,
                        1520,
                        98.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        816,
                        602,
                        98,
                        22
                    ],
                    "text": "another model",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-232",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        330,
                        1550,
                        95.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        625,
                        95,
                        22
                    ],
                    "text": "/record take",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-233",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        950,
                        1550,
                        250.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        816,
                        625,
                        250,
                        22
                    ],
                    "text": "records what is heard, until /record",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-234",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        330,
                        1580,
                        62.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        648,
                        62,
                        22
                    ],
                    "text": "/status",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-235",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        950,
                        1580,
                        71.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        816,
                        648,
                        71,
                        22
                    ],
                    "text": "how it is",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-236",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        330,
                        1610,
                        56.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        671,
                        56,
                        22
                    ],
                    "text": "/panic",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-237",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        950,
                        1610,
                        58.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        816,
                        671,
                        58,
                        22
                    ],
                    "text": "silence",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-238",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        330,
                        1640,
                        69.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        694,
                        69,
                        22
                    ],
                    "text": "notify 0",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-239",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        950,
                        1640,
                        210.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        816,
                        694,
                        210,
                        22
                    ],
                    "text": "no more events, until notify 1",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-240",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        330,
                        1670,
                        161.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        580,
                        717,
                        161,
                        22
                    ],
                    "text": "connect 127.0.0.1 9000",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-241",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        950,
                        1670,
                        104.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        816,
                        717,
                        104,
                        22
                    ],
                    "text": "another daemon",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-242",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1250,
                        1430,
                        58.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        890,
                        268,
                        58,
                        22
                    ],
                    "text": "outlets",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-243",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1250,
                        1460,
                        210.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        890,
                        294,
                        210,
                        22
                    ],
                    "text": "1 /done: a command is finished",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-244",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1250,
                        1490,
                        236.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        890,
                        317,
                        236,
                        22
                    ],
                    "text": "2 /fail: cannot be obeyed, and why",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-245",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1250,
                        1520,
                        151.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        890,
                        340,
                        151,
                        22
                    ],
                    "text": "3 /voice/on: id, note",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-246",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1250,
                        1550,
                        157.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        890,
                        363,
                        157,
                        22
                    ],
                    "text": "4 /voice/off: id, note",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-247",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1250,
                        1580,
                        177.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        890,
                        386,
                        177,
                        22
                    ],
                    "text": "5 /level: left, right, dB",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-248",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1250,
                        1610,
                        118.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        890,
                        409,
                        118,
                        22
                    ],
                    "text": "6 /xrun: counted",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-249",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1250,
                        1640,
                        217.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        890,
                        432,
                        217,
                        22
                    ],
                    "text": "7 /status.reply: voices, CPU ..",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-250",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1250,
                        1670,
                        144.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        890,
                        455,
                        144,
                        22
                    ],
                    "text": "8 /model: name, D ..",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-251",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1250,
                        1700,
                        289.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        890,
                        478,
                        289,
                        22
                    ],
                    "text": "9 the rest: cursor, and what others change",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-252",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1590,
                        1460,
                        128.0,
                        22
                    ],
                    "outlettype": [],
                    "text": "print oscvae-done"
                }
            },
            {
                "box": {
                    "id": "obj-253",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1590,
                        1490,
                        128.0,
                        22
                    ],
                    "outlettype": [],
                    "text": "print oscvae-fail"
                }
            },
            {
                "box": {
                    "id": "obj-254",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1590,
                        1520,
                        135.0,
                        22
                    ],
                    "outlettype": [],
                    "text": "print oscvae-model"
                }
            },
            {
                "box": {
                    "id": "obj-255",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1590,
                        1550,
                        148.0,
                        22
                    ],
                    "outlettype": [],
                    "text": "print oscvae-presets"
                }
            },
            {
                "box": {
                    "id": "obj-256",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1590,
                        1580,
                        141.0,
                        22
                    ],
                    "outlettype": [],
                    "text": "print oscvae-models"
                }
            },
            {
                "box": {
                    "id": "obj-257",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        750,
                        1740,
                        1180,
                        37
                    ],
                    "linecount": 2,
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        741,
                        1180,
                        37
                    ],
                    "text": "Without Node: [udpsend 127.0.0.1 9000] plays. [udpreceive 9001] hears what sounds and what others change, once /notify 1 9001 was sent and for as long as something is sent once a minute. Answers, /done and /fail, go to the socket of udpsend, where Max does not listen.",
                    "fontsize": 12.0
                }
            }
        ],
        "lines": [
            {
                "patchline": {
                    "source": [
                        "obj-3",
                        8
                    ],
                    "destination": [
                        "obj-5",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        13
                    ],
                    "destination": [
                        "obj-6",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-7",
                        0
                    ],
                    "destination": [
                        "obj-9",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-9",
                        0
                    ],
                    "destination": [
                        "obj-8",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-7",
                        1
                    ],
                    "destination": [
                        "obj-10",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-10",
                        0
                    ],
                    "destination": [
                        "obj-8",
                        1
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-8",
                        0
                    ],
                    "destination": [
                        "obj-11",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-11",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-6",
                        0
                    ],
                    "destination": [
                        "obj-12",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-12",
                        0
                    ],
                    "destination": [
                        "obj-13",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-13",
                        0
                    ],
                    "destination": [
                        "obj-7",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-14",
                        0
                    ],
                    "destination": [
                        "obj-16",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-16",
                        0
                    ],
                    "destination": [
                        "obj-15",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-14",
                        1
                    ],
                    "destination": [
                        "obj-17",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-17",
                        0
                    ],
                    "destination": [
                        "obj-15",
                        1
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-15",
                        0
                    ],
                    "destination": [
                        "obj-18",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-18",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-6",
                        1
                    ],
                    "destination": [
                        "obj-19",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-19",
                        0
                    ],
                    "destination": [
                        "obj-20",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-20",
                        0
                    ],
                    "destination": [
                        "obj-14",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-21",
                        0
                    ],
                    "destination": [
                        "obj-24",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-24",
                        0
                    ],
                    "destination": [
                        "obj-22",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-22",
                        0
                    ],
                    "destination": [
                        "obj-25",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-25",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        0
                    ],
                    "destination": [
                        "obj-26",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-26",
                        0
                    ],
                    "destination": [
                        "obj-22",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        0
                    ],
                    "destination": [
                        "obj-27",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-22",
                        0
                    ],
                    "destination": [
                        "obj-27",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-27",
                        0
                    ],
                    "destination": [
                        "obj-28",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-28",
                        0
                    ],
                    "destination": [
                        "obj-21",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-29",
                        0
                    ],
                    "destination": [
                        "obj-27",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-29",
                        0
                    ],
                    "destination": [
                        "obj-26",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-30",
                        0
                    ],
                    "destination": [
                        "obj-33",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-33",
                        0
                    ],
                    "destination": [
                        "obj-31",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-31",
                        0
                    ],
                    "destination": [
                        "obj-34",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-34",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        1
                    ],
                    "destination": [
                        "obj-35",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-35",
                        0
                    ],
                    "destination": [
                        "obj-31",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        1
                    ],
                    "destination": [
                        "obj-36",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-31",
                        0
                    ],
                    "destination": [
                        "obj-36",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-36",
                        0
                    ],
                    "destination": [
                        "obj-37",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-37",
                        0
                    ],
                    "destination": [
                        "obj-30",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-38",
                        0
                    ],
                    "destination": [
                        "obj-36",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-38",
                        0
                    ],
                    "destination": [
                        "obj-35",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-39",
                        0
                    ],
                    "destination": [
                        "obj-42",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-42",
                        0
                    ],
                    "destination": [
                        "obj-40",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-40",
                        0
                    ],
                    "destination": [
                        "obj-43",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-43",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        2
                    ],
                    "destination": [
                        "obj-44",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-44",
                        0
                    ],
                    "destination": [
                        "obj-40",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        2
                    ],
                    "destination": [
                        "obj-45",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-40",
                        0
                    ],
                    "destination": [
                        "obj-45",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-45",
                        0
                    ],
                    "destination": [
                        "obj-46",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-46",
                        0
                    ],
                    "destination": [
                        "obj-39",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-47",
                        0
                    ],
                    "destination": [
                        "obj-45",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-47",
                        0
                    ],
                    "destination": [
                        "obj-44",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-48",
                        0
                    ],
                    "destination": [
                        "obj-51",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-51",
                        0
                    ],
                    "destination": [
                        "obj-49",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-49",
                        0
                    ],
                    "destination": [
                        "obj-52",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-52",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        3
                    ],
                    "destination": [
                        "obj-53",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-53",
                        0
                    ],
                    "destination": [
                        "obj-49",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        3
                    ],
                    "destination": [
                        "obj-54",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-49",
                        0
                    ],
                    "destination": [
                        "obj-54",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-54",
                        0
                    ],
                    "destination": [
                        "obj-55",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-55",
                        0
                    ],
                    "destination": [
                        "obj-48",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-56",
                        0
                    ],
                    "destination": [
                        "obj-54",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-56",
                        0
                    ],
                    "destination": [
                        "obj-53",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-57",
                        0
                    ],
                    "destination": [
                        "obj-60",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-60",
                        0
                    ],
                    "destination": [
                        "obj-58",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-58",
                        0
                    ],
                    "destination": [
                        "obj-61",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-61",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        4
                    ],
                    "destination": [
                        "obj-62",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-62",
                        0
                    ],
                    "destination": [
                        "obj-58",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        4
                    ],
                    "destination": [
                        "obj-63",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-58",
                        0
                    ],
                    "destination": [
                        "obj-63",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-63",
                        0
                    ],
                    "destination": [
                        "obj-64",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-64",
                        0
                    ],
                    "destination": [
                        "obj-57",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-65",
                        0
                    ],
                    "destination": [
                        "obj-63",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-65",
                        0
                    ],
                    "destination": [
                        "obj-62",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-66",
                        0
                    ],
                    "destination": [
                        "obj-69",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-69",
                        0
                    ],
                    "destination": [
                        "obj-67",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-67",
                        0
                    ],
                    "destination": [
                        "obj-70",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-70",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        5
                    ],
                    "destination": [
                        "obj-71",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-71",
                        0
                    ],
                    "destination": [
                        "obj-67",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        5
                    ],
                    "destination": [
                        "obj-72",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-67",
                        0
                    ],
                    "destination": [
                        "obj-72",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-72",
                        0
                    ],
                    "destination": [
                        "obj-73",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-73",
                        0
                    ],
                    "destination": [
                        "obj-66",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-74",
                        0
                    ],
                    "destination": [
                        "obj-72",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-74",
                        0
                    ],
                    "destination": [
                        "obj-71",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-75",
                        0
                    ],
                    "destination": [
                        "obj-78",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-78",
                        0
                    ],
                    "destination": [
                        "obj-76",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-76",
                        0
                    ],
                    "destination": [
                        "obj-79",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-79",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        6
                    ],
                    "destination": [
                        "obj-80",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-80",
                        0
                    ],
                    "destination": [
                        "obj-76",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        6
                    ],
                    "destination": [
                        "obj-81",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-76",
                        0
                    ],
                    "destination": [
                        "obj-81",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-81",
                        0
                    ],
                    "destination": [
                        "obj-82",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-82",
                        0
                    ],
                    "destination": [
                        "obj-75",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-83",
                        0
                    ],
                    "destination": [
                        "obj-81",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-83",
                        0
                    ],
                    "destination": [
                        "obj-80",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-3",
                        7
                    ],
                    "destination": [
                        "obj-85",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-85",
                        0
                    ],
                    "destination": [
                        "obj-86",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-86",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        15
                    ],
                    "destination": [
                        "obj-87",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-88",
                        0
                    ],
                    "destination": [
                        "obj-89",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-89",
                        0
                    ],
                    "destination": [
                        "obj-90",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-90",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        7
                    ],
                    "destination": [
                        "obj-91",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-91",
                        0
                    ],
                    "destination": [
                        "obj-92",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-92",
                        0
                    ],
                    "destination": [
                        "obj-88",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-87",
                        0
                    ],
                    "destination": [
                        "obj-94",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-94",
                        0
                    ],
                    "destination": [
                        "obj-93",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-95",
                        0
                    ],
                    "destination": [
                        "obj-96",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-96",
                        0
                    ],
                    "destination": [
                        "obj-97",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-97",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        8
                    ],
                    "destination": [
                        "obj-98",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-98",
                        0
                    ],
                    "destination": [
                        "obj-99",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-99",
                        0
                    ],
                    "destination": [
                        "obj-95",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-87",
                        1
                    ],
                    "destination": [
                        "obj-101",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-101",
                        0
                    ],
                    "destination": [
                        "obj-100",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-102",
                        0
                    ],
                    "destination": [
                        "obj-103",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-103",
                        0
                    ],
                    "destination": [
                        "obj-104",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-104",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        9
                    ],
                    "destination": [
                        "obj-105",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-105",
                        0
                    ],
                    "destination": [
                        "obj-106",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-106",
                        0
                    ],
                    "destination": [
                        "obj-102",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-87",
                        2
                    ],
                    "destination": [
                        "obj-108",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-108",
                        0
                    ],
                    "destination": [
                        "obj-107",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-109",
                        0
                    ],
                    "destination": [
                        "obj-110",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-110",
                        0
                    ],
                    "destination": [
                        "obj-111",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-111",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        10
                    ],
                    "destination": [
                        "obj-112",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-112",
                        0
                    ],
                    "destination": [
                        "obj-113",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-113",
                        0
                    ],
                    "destination": [
                        "obj-109",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-87",
                        3
                    ],
                    "destination": [
                        "obj-115",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-115",
                        0
                    ],
                    "destination": [
                        "obj-114",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-116",
                        0
                    ],
                    "destination": [
                        "obj-117",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-117",
                        0
                    ],
                    "destination": [
                        "obj-118",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-118",
                        0
                    ],
                    "destination": [
                        "obj-119",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-119",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-117",
                        1
                    ],
                    "destination": [
                        "obj-118",
                        1
                    ],
                    "order": 1
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-122",
                        0
                    ],
                    "destination": [
                        "obj-120",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-120",
                        0
                    ],
                    "destination": [
                        "obj-117",
                        1
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-125",
                        0
                    ],
                    "destination": [
                        "obj-123",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-123",
                        0
                    ],
                    "destination": [
                        "obj-117",
                        2
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-126",
                        0
                    ],
                    "destination": [
                        "obj-127",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-127",
                        0
                    ],
                    "destination": [
                        "obj-128",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-128",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-126",
                        1
                    ],
                    "destination": [
                        "obj-127",
                        1
                    ],
                    "order": 1
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-135",
                        0
                    ],
                    "destination": [
                        "obj-133",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-131",
                        0
                    ],
                    "destination": [
                        "obj-137",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-137",
                        0
                    ],
                    "destination": [
                        "obj-136",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-136",
                        0
                    ],
                    "destination": [
                        "obj-138",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-138",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-133",
                        0
                    ],
                    "destination": [
                        "obj-136",
                        1
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-132",
                        0
                    ],
                    "destination": [
                        "obj-139",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-139",
                        0
                    ],
                    "destination": [
                        "obj-140",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-140",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-133",
                        0
                    ],
                    "destination": [
                        "obj-142",
                        1
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-141",
                        0
                    ],
                    "destination": [
                        "obj-142",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-142",
                        0
                    ],
                    "destination": [
                        "obj-143",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-143",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-133",
                        0
                    ],
                    "destination": [
                        "obj-145",
                        1
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-144",
                        0
                    ],
                    "destination": [
                        "obj-145",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-145",
                        0
                    ],
                    "destination": [
                        "obj-146",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-146",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-148",
                        0
                    ],
                    "destination": [
                        "obj-149",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-149",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-150",
                        0
                    ],
                    "destination": [
                        "obj-151",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-151",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-154",
                        0
                    ],
                    "destination": [
                        "obj-152",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-157",
                        0
                    ],
                    "destination": [
                        "obj-155",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-152",
                        0
                    ],
                    "destination": [
                        "obj-159",
                        1
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-155",
                        0
                    ],
                    "destination": [
                        "obj-160",
                        1
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-158",
                        0
                    ],
                    "destination": [
                        "obj-159",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-159",
                        0
                    ],
                    "destination": [
                        "obj-160",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-160",
                        0
                    ],
                    "destination": [
                        "obj-161",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-161",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-162",
                        0
                    ],
                    "destination": [
                        "obj-164",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-164",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        11
                    ],
                    "destination": [
                        "obj-165",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-165",
                        0
                    ],
                    "destination": [
                        "obj-162",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        12
                    ],
                    "destination": [
                        "obj-166",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-166",
                        0
                    ],
                    "destination": [
                        "obj-167",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-168",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-169",
                        0
                    ],
                    "destination": [
                        "obj-170",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-170",
                        0
                    ],
                    "destination": [
                        "obj-168",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-170",
                        0
                    ],
                    "destination": [
                        "obj-166",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-171",
                        0
                    ],
                    "destination": [
                        "obj-172",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-172",
                        0
                    ],
                    "destination": [
                        "obj-168",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-172",
                        0
                    ],
                    "destination": [
                        "obj-166",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-173",
                        0
                    ],
                    "destination": [
                        "obj-174",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-174",
                        0
                    ],
                    "destination": [
                        "obj-168",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-174",
                        0
                    ],
                    "destination": [
                        "obj-166",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-175",
                        0
                    ],
                    "destination": [
                        "obj-177",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-177",
                        0
                    ],
                    "destination": [
                        "obj-178",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-178",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-177",
                        1
                    ],
                    "destination": [
                        "obj-179",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-179",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-180",
                        0
                    ],
                    "destination": [
                        "obj-181",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-181",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-182",
                        0
                    ],
                    "destination": [
                        "obj-183",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-183",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-184",
                        0
                    ],
                    "destination": [
                        "obj-185",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-185",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-186",
                        0
                    ],
                    "destination": [
                        "obj-187",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-187",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-3",
                        4
                    ],
                    "destination": [
                        "obj-190",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-190",
                        0
                    ],
                    "destination": [
                        "obj-192",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-192",
                        0
                    ],
                    "destination": [
                        "obj-191",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-190",
                        1
                    ],
                    "destination": [
                        "obj-194",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-194",
                        0
                    ],
                    "destination": [
                        "obj-193",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-3",
                        6
                    ],
                    "destination": [
                        "obj-195",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-195",
                        0
                    ],
                    "destination": [
                        "obj-196",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-195",
                        1
                    ],
                    "destination": [
                        "obj-198",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-195",
                        3
                    ],
                    "destination": [
                        "obj-200",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-195",
                        4
                    ],
                    "destination": [
                        "obj-202",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-195",
                        5
                    ],
                    "destination": [
                        "obj-204",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        14
                    ],
                    "destination": [
                        "obj-196",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-3",
                        5
                    ],
                    "destination": [
                        "obj-204",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-3",
                        7
                    ],
                    "destination": [
                        "obj-206",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-206",
                        0
                    ],
                    "destination": [
                        "obj-207",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-207",
                        0
                    ],
                    "destination": [
                        "obj-208",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-208",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-210",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-212",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-214",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-216",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-218",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-220",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-222",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-224",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-226",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-228",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-230",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-232",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-234",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-236",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-238",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-240",
                        0
                    ],
                    "destination": [
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-3",
                        0
                    ],
                    "destination": [
                        "obj-252",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-3",
                        1
                    ],
                    "destination": [
                        "obj-253",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-3",
                        7
                    ],
                    "destination": [
                        "obj-254",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        16
                    ],
                    "destination": [
                        "obj-255",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-5",
                        17
                    ],
                    "destination": [
                        "obj-256",
                        0
                    ],
                    "order": 0
                }
            }
        ],
        "dependency_cache": [],
        "autosave": 0
    }
}
