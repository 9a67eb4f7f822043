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
            570,
            530
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
                        276.0,
                        26
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        10,
                        276,
                        26
                    ],
                    "text": "oscvae: two recordings at once",
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
                        1130,
                        530,
                        20
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        36,
                        530,
                        20
                    ],
                    "text": "/load a model that encodes, as timbre. What is chosen is encoded, if it is not yet.",
                    "fontsize": 10.0
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
                        900,
                        174,
                        114
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        66,
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
                    "maxclass": "newobj",
                    "numinlets": 4,
                    "numoutlets": 4,
                    "patching_rect": [
                        30,
                        1060,
                        300,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        "",
                        ""
                    ],
                    "text": "route sounds drawn heard"
                }
            },
            {
                "box": {
                    "id": "obj-5",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        400,
                        1060,
                        122.0,
                        22
                    ],
                    "outlettype": [],
                    "text": "print blend-fail"
                }
            },
            {
                "box": {
                    "id": "obj-6",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        560,
                        1060,
                        128.0,
                        22
                    ],
                    "outlettype": [],
                    "text": "print blend-model"
                }
            },
            {
                "box": {
                    "id": "obj-7",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        700,
                        860,
                        95.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        340,
                        66,
                        95,
                        22
                    ],
                    "text": "/load timbre",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-8",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        840,
                        860,
                        102.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        440,
                        66,
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
                    "id": "obj-9",
                    "maxclass": "newobj",
                    "numinlets": 3,
                    "numoutlets": 3,
                    "patching_rect": [
                        30,
                        90,
                        75.0,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        ""
                    ],
                    "text": "route a b"
                }
            },
            {
                "box": {
                    "id": "obj-10",
                    "maxclass": "umenu",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        30,
                        150,
                        250,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        210,
                        96,
                        250,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        ""
                    ],
                    "varname": "sound-a"
                }
            },
            {
                "box": {
                    "id": "obj-11",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        30,
                        120,
                        58.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        466,
                        96,
                        58,
                        22
                    ],
                    "text": "sound a",
                    "fontsize": 12.0
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
                        190,
                        115.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend blend a"
                }
            },
            {
                "box": {
                    "id": "obj-13",
                    "maxclass": "umenu",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        290,
                        150,
                        250,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        210,
                        126,
                        250,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        ""
                    ],
                    "varname": "sound-b"
                }
            },
            {
                "box": {
                    "id": "obj-14",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        290,
                        120,
                        58.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        466,
                        126,
                        58,
                        22
                    ],
                    "text": "sound b",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-15",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        290,
                        190,
                        115.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend blend b"
                }
            },
            {
                "box": {
                    "id": "obj-16",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        550,
                        90,
                        120,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        210,
                        66,
                        120,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "list sounds",
                    "varname": "list"
                }
            },
            {
                "box": {
                    "id": "obj-17",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        550,
                        130,
                        62.0,
                        22
                    ],
                    "text": "/sounds",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-18",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        30,
                        290,
                        375.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        200,
                        375,
                        22
                    ],
                    "text": "mix over the recordings: drawn, -1 to 2; 0 is a, 1 is b",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-19",
                    "maxclass": "multislider",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        30,
                        320,
                        520,
                        150
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        226,
                        520,
                        150
                    ],
                    "outlettype": [
                        "",
                        ""
                    ],
                    "varname": "curve",
                    "size": 64,
                    "setminmax": [
                        -1.0,
                        2.0
                    ],
                    "setstyle": 1,
                    "settype": 1,
                    "contdata": 1
                }
            },
            {
                "box": {
                    "id": "obj-20",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        30,
                        490,
                        141.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend blend curve"
                }
            },
            {
                "box": {
                    "id": "obj-21",
                    "maxclass": "led",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        590,
                        320,
                        18,
                        18
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        470,
                        200,
                        18,
                        18
                    ],
                    "outlettype": [
                        "int"
                    ],
                    "varname": "drawn"
                }
            },
            {
                "box": {
                    "id": "obj-22",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        630,
                        320,
                        52.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        492,
                        198,
                        52,
                        22
                    ],
                    "text": "counts",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-23",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        590,
                        380,
                        64,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        400,
                        196,
                        64,
                        24
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "no curve",
                    "varname": "plain"
                }
            },
            {
                "box": {
                    "id": "obj-24",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        590,
                        420,
                        89.0,
                        22
                    ],
                    "text": "blend plain",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-25",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        800,
                        90,
                        300,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        390,
                        300,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "position-slider",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-26",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        800,
                        150,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        326,
                        390,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "position",
                    "minimum": 0.0,
                    "maximum": 1.0
                }
            },
            {
                "box": {
                    "id": "obj-27",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        800,
                        220,
                        65.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        390,
                        390,
                        65,
                        22
                    ],
                    "text": "position",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-28",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        800,
                        120,
                        161.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 0.0 1.0"
                }
            },
            {
                "box": {
                    "id": "obj-29",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        800,
                        180,
                        161.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend blend position"
                }
            },
            {
                "box": {
                    "id": "obj-30",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        800,
                        290,
                        161.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0.0 1.0 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-31",
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
                    "id": "obj-32",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        800,
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
                    "id": "obj-33",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        800,
                        400,
                        122.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess set 0.0"
                }
            },
            {
                "box": {
                    "id": "obj-34",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1130,
                        90,
                        300,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        416,
                        300,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "mix-slider",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-35",
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
                        326,
                        416,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "mix",
                    "minimum": -1.0,
                    "maximum": 2.0
                }
            },
            {
                "box": {
                    "id": "obj-36",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1130,
                        220,
                        32.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        390,
                        416,
                        32,
                        22
                    ],
                    "text": "mix",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-37",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        1130,
                        120,
                        168.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 -1.0 2.0"
                }
            },
            {
                "box": {
                    "id": "obj-38",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1130,
                        180,
                        128.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend blend mix"
                }
            },
            {
                "box": {
                    "id": "obj-39",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        1130,
                        290,
                        168.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale -1.0 2.0 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-40",
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
                    "id": "obj-41",
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
                    "text": "loadmess 0.5"
                }
            },
            {
                "box": {
                    "id": "obj-42",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1130,
                        400,
                        122.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess set 0.5"
                }
            },
            {
                "box": {
                    "id": "obj-43",
                    "maxclass": "slider",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1460,
                        90,
                        300,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        442,
                        300,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "varname": "rate-slider",
                    "orientation": 1,
                    "floatoutput": 1
                }
            },
            {
                "box": {
                    "id": "obj-44",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        1460,
                        150,
                        60,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        326,
                        442,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        "bang"
                    ],
                    "varname": "rate",
                    "minimum": -4.0,
                    "maximum": 4.0
                }
            },
            {
                "box": {
                    "id": "obj-45",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1460,
                        220,
                        38.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        390,
                        442,
                        38,
                        22
                    ],
                    "text": "rate",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-46",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        1460,
                        120,
                        168.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale 0. 127.0 -4.0 4.0"
                }
            },
            {
                "box": {
                    "id": "obj-47",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1460,
                        180,
                        135.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend blend rate"
                }
            },
            {
                "box": {
                    "id": "obj-48",
                    "maxclass": "newobj",
                    "numinlets": 6,
                    "numoutlets": 1,
                    "patching_rect": [
                        1460,
                        290,
                        168.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "scale -4.0 4.0 0. 127.0"
                }
            },
            {
                "box": {
                    "id": "obj-49",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1460,
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
                    "id": "obj-50",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1460,
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
                    "id": "obj-51",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1460,
                        400,
                        122.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess set 1.0"
                }
            },
            {
                "box": {
                    "id": "obj-52",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        800,
                        560,
                        100,
                        30
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        20,
                        476,
                        100,
                        30
                    ],
                    "outlettype": [
                        "",
                        "",
                        "int"
                    ],
                    "text": "start",
                    "varname": "start"
                }
            },
            {
                "box": {
                    "id": "obj-53",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        800,
                        600,
                        89.0,
                        22
                    ],
                    "text": "blend start",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-54",
                    "maxclass": "textbutton",
                    "numinlets": 1,
                    "numoutlets": 3,
                    "patching_rect": [
                        920,
                        560,
                        100,
                        30
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        130,
                        476,
                        100,
                        30
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
                    "id": "obj-55",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        920,
                        600,
                        82.0,
                        22
                    ],
                    "text": "blend stop",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-56",
                    "maxclass": "toggle",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1060,
                        560,
                        24,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        250,
                        480,
                        24,
                        24
                    ],
                    "outlettype": [
                        "int"
                    ],
                    "varname": "loop"
                }
            },
            {
                "box": {
                    "id": "obj-57",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1100,
                        560,
                        38.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        278,
                        481,
                        38,
                        22
                    ],
                    "text": "loop",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-58",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1060,
                        600,
                        135.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend blend loop"
                }
            },
            {
                "box": {
                    "id": "obj-59",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1060,
                        520,
                        108.0,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadmess set 1"
                }
            },
            {
                "box": {
                    "id": "obj-60",
                    "maxclass": "led",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1200,
                        560,
                        18,
                        18
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        320,
                        482,
                        18,
                        18
                    ],
                    "outlettype": [
                        "int"
                    ],
                    "varname": "heard"
                }
            },
            {
                "box": {
                    "id": "obj-61",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1240,
                        560,
                        85.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        342,
                        481,
                        85,
                        22
                    ],
                    "text": "it is heard",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-62",
                    "maxclass": "toggle",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        1360,
                        560,
                        24,
                        24
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        440,
                        480,
                        24,
                        24
                    ],
                    "outlettype": [
                        "int"
                    ],
                    "varname": "listen"
                }
            },
            {
                "box": {
                    "id": "obj-63",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        1400,
                        560,
                        52.0,
                        22
                    ],
                    "presentation": 1,
                    "presentation_rect": [
                        468,
                        481,
                        52,
                        22
                    ],
                    "text": "listen",
                    "fontsize": 12.0
                }
            },
            {
                "box": {
                    "id": "obj-64",
                    "maxclass": "newobj",
                    "numinlets": 3,
                    "numoutlets": 3,
                    "patching_rect": [
                        1360,
                        600,
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
                    "id": "obj-65",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        1360,
                        640,
                        75.0,
                        22
                    ],
                    "text": "/listen 2",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "obj-66",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        1500,
                        640,
                        102.0,
                        22
                    ],
                    "text": "/voice/stop 2",
                    "outlettype": [
                        ""
                    ]
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
                        "obj-4",
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
                        "obj-5",
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
                        "obj-3",
                        0
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
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-4",
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
                        "obj-10",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-9",
                        2
                    ],
                    "destination": [
                        "obj-10",
                        0
                    ],
                    "order": 1
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-10",
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
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-9",
                        1
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
                        "obj-9",
                        2
                    ],
                    "destination": [
                        "obj-13",
                        0
                    ],
                    "order": 1
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-13",
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
                        "obj-15",
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
                        "obj-16",
                        0
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
                        "obj-3",
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
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-4",
                        1
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
                        "obj-23",
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
                        "obj-3",
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
                        "obj-29",
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
                        "obj-3",
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
                        "obj-30",
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
                        "obj-25",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-32",
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
                        "obj-33",
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
                        "obj-34",
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
                        "obj-38",
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
                        "obj-3",
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
                        "obj-39",
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
                        "obj-34",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-41",
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
                        "obj-42",
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
                        "obj-43",
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
                        "obj-47",
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
                        "obj-3",
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
                        "obj-48",
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
                        "obj-43",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-50",
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
                        "obj-51",
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
                        "obj-52",
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
                        "obj-53",
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
                        "obj-3",
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
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-59",
                        0
                    ],
                    "destination": [
                        "obj-56",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-4",
                        2
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
                        "obj-62",
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
                        "obj-65",
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
                        "obj-3",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "obj-64",
                        1
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
                        "obj-66",
                        0
                    ],
                    "destination": [
                        "obj-3",
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
