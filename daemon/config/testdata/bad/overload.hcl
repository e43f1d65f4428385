integration "a0" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a2" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a3" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a4" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a5" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a6" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a7" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a8" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a9" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a10" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a11" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a12" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a13" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a14" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a15" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a16" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a17" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a18" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a19" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a20" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a21" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a22" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a23" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a24" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a25" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a26" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a27" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a28" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a29" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a30" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a31" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a32" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a33" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a34" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a35" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a36" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a37" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a38" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a39" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a40" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a41" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a42" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a43" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a44" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a45" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a46" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a47" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a48" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a49" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a50" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a51" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a52" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a53" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a54" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a55" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a56" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a57" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a58" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a59" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a60" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a61" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a62" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a63" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a64" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a65" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a66" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a67" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a68" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a69" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a70" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a71" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a72" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a73" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a74" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a75" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a76" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a77" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a78" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a79" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a80" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a81" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a82" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a83" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a84" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a85" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a86" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a87" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a88" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a89" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a90" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a91" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a92" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a93" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a94" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a95" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a96" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a97" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a98" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a99" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a100" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a101" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a102" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a103" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a104" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a105" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a106" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a107" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a108" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a109" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a110" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a111" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a112" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a113" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a114" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a115" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a116" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a117" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a118" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a119" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a120" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a121" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a122" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a123" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a124" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a125" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a126" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a127" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a128" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a129" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a130" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a131" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a132" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a133" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a134" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a135" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a136" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a137" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a138" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a139" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a140" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a141" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a142" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a143" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a144" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a145" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a146" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a147" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a148" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a149" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a150" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a151" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a152" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a153" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a154" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a155" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a156" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a157" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a158" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a159" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a160" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a161" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a162" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a163" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a164" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a165" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a166" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a167" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a168" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a169" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a170" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a171" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a172" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a173" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a174" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a175" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a176" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a177" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a178" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a179" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a180" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a181" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a182" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a183" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a184" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a185" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a186" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a187" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a188" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a189" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a190" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a191" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a192" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a193" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a194" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a195" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a196" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a197" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a198" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a199" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a200" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a201" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a202" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a203" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a204" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a205" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a206" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a207" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a208" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a209" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a210" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a211" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a212" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a213" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a214" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a215" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a216" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a217" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a218" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a219" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a220" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a221" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a222" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a223" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a224" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a225" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a226" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a227" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a228" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a229" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a230" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a231" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a232" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a233" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a234" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a235" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a236" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a237" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a238" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a239" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a240" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a241" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a242" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a243" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a244" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a245" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a246" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a247" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a248" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a249" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a250" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a251" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a252" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a253" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a254" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a255" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a256" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a257" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a258" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a259" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a260" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a261" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a262" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a263" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a264" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a265" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a266" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a267" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a268" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a269" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a270" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a271" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a272" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a273" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a274" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a275" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a276" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a277" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a278" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a279" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a280" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a281" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a282" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a283" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a284" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a285" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a286" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a287" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a288" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a289" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a290" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a291" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a292" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a293" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a294" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a295" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a296" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a297" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a298" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a299" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a300" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a301" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a302" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a303" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a304" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a305" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a306" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a307" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a308" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a309" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a310" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a311" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a312" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a313" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a314" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a315" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a316" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a317" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a318" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a319" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a320" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a321" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a322" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a323" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a324" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a325" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a326" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a327" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a328" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a329" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a330" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a331" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a332" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a333" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a334" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a335" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a336" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a337" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a338" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a339" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a340" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a341" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a342" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a343" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a344" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a345" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a346" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a347" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a348" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a349" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a350" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a351" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a352" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a353" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a354" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a355" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a356" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a357" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a358" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a359" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a360" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a361" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a362" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a363" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a364" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a365" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a366" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a367" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a368" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a369" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a370" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a371" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a372" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a373" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a374" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a375" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a376" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a377" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a378" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a379" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a380" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a381" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a382" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a383" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a384" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a385" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a386" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a387" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a388" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a389" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a390" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a391" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a392" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a393" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a394" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a395" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a396" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a397" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a398" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a399" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a400" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a401" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a402" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a403" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a404" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a405" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a406" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a407" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a408" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a409" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a410" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a411" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a412" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a413" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a414" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a415" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a416" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a417" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a418" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a419" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a420" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a421" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a422" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a423" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a424" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a425" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a426" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a427" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a428" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a429" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a430" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a431" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a432" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a433" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a434" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a435" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a436" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a437" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a438" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a439" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a440" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a441" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a442" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a443" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a444" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a445" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a446" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a447" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a448" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a449" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a450" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a451" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a452" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a453" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a454" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a455" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a456" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a457" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a458" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a459" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a460" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a461" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a462" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a463" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a464" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a465" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a466" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a467" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a468" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a469" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a470" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a471" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a472" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a473" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a474" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a475" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a476" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a477" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a478" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a479" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a480" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a481" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a482" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a483" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a484" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a485" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a486" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a487" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a488" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a489" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a490" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a491" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a492" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a493" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a494" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a495" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a496" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a497" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a498" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a499" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a500" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a501" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a502" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a503" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a504" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a505" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a506" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a507" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a508" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a509" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a510" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a511" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a512" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a513" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a514" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a515" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a516" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a517" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a518" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a519" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a520" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a521" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a522" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a523" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a524" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a525" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a526" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a527" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a528" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a529" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a530" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a531" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a532" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a533" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a534" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a535" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a536" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a537" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a538" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a539" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a540" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a541" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a542" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a543" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a544" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a545" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a546" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a547" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a548" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a549" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a550" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a551" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a552" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a553" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a554" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a555" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a556" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a557" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a558" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a559" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a560" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a561" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a562" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a563" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a564" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a565" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a566" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a567" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a568" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a569" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a570" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a571" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a572" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a573" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a574" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a575" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a576" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a577" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a578" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a579" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a580" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a581" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a582" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a583" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a584" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a585" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a586" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a587" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a588" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a589" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a590" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a591" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a592" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a593" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a594" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a595" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a596" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a597" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a598" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a599" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a600" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a601" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a602" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a603" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a604" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a605" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a606" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a607" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a608" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a609" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a610" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a611" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a612" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a613" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a614" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a615" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a616" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a617" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a618" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a619" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a620" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a621" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a622" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a623" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a624" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a625" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a626" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a627" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a628" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a629" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a630" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a631" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a632" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a633" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a634" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a635" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a636" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a637" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a638" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a639" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a640" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a641" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a642" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a643" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a644" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a645" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a646" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a647" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a648" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a649" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a650" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a651" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a652" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a653" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a654" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a655" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a656" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a657" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a658" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a659" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a660" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a661" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a662" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a663" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a664" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a665" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a666" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a667" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a668" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a669" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a670" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a671" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a672" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a673" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a674" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a675" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a676" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a677" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a678" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a679" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a680" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a681" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a682" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a683" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a684" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a685" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a686" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a687" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a688" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a689" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a690" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a691" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a692" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a693" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a694" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a695" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a696" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a697" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a698" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a699" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a700" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a701" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a702" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a703" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a704" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a705" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a706" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a707" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a708" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a709" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a710" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a711" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a712" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a713" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a714" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a715" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a716" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a717" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a718" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a719" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a720" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a721" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a722" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a723" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a724" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a725" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a726" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a727" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a728" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a729" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a730" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a731" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a732" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a733" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a734" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a735" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a736" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a737" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a738" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a739" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a740" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a741" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a742" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a743" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a744" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a745" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a746" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a747" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a748" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a749" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a750" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a751" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a752" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a753" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a754" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a755" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a756" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a757" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a758" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a759" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a760" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a761" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a762" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a763" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a764" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a765" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a766" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a767" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a768" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a769" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a770" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a771" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a772" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a773" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a774" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a775" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a776" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a777" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a778" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a779" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a780" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a781" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a782" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a783" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a784" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a785" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a786" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a787" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a788" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a789" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a790" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a791" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a792" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a793" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a794" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a795" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a796" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a797" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a798" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a799" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a800" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a801" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a802" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a803" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a804" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a805" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a806" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a807" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a808" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a809" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a810" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a811" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a812" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a813" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a814" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a815" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a816" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a817" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a818" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a819" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a820" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a821" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a822" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a823" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a824" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a825" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a826" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a827" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a828" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a829" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a830" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a831" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a832" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a833" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a834" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a835" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a836" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a837" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a838" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a839" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a840" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a841" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a842" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a843" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a844" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a845" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a846" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a847" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a848" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a849" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a850" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a851" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a852" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a853" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a854" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a855" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a856" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a857" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a858" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a859" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a860" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a861" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a862" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a863" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a864" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a865" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a866" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a867" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a868" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a869" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a870" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a871" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a872" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a873" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a874" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a875" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a876" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a877" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a878" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a879" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a880" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a881" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a882" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a883" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a884" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a885" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a886" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a887" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a888" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a889" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a890" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a891" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a892" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a893" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a894" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a895" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a896" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a897" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a898" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a899" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a900" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a901" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a902" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a903" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a904" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a905" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a906" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a907" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a908" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a909" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a910" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a911" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a912" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a913" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a914" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a915" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a916" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a917" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a918" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a919" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a920" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a921" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a922" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a923" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a924" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a925" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a926" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a927" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a928" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a929" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a930" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a931" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a932" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a933" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a934" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a935" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a936" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a937" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a938" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a939" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a940" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a941" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a942" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a943" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a944" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a945" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a946" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a947" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a948" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a949" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a950" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a951" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a952" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a953" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a954" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a955" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a956" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a957" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a958" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a959" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a960" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a961" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a962" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a963" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a964" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a965" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a966" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a967" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a968" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a969" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a970" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a971" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a972" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a973" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a974" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a975" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a976" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a977" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a978" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a979" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a980" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a981" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a982" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a983" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a984" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a985" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a986" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a987" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a988" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a989" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a990" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a991" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a992" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a993" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a994" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a995" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a996" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a997" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a998" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a999" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1000" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1001" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1002" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1003" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1004" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1005" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1006" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1007" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1008" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1009" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1010" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1011" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1012" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1013" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1014" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1015" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1016" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1017" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1018" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1019" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1020" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1021" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1022" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1023" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
integration "a1024" {
  probe    = core.tcp
  interval = "1s"
  timeout  = "1s"
  config {
    address = "h:1"
  }
}
